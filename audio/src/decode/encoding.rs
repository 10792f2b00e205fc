//! How a sample is written in bytes, and the float that it stands for.

use pulp::{Simd, WithSimd};
use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as codec;

use crate::kernel;

/// The encoding of an uncompressed sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Eight bits around 128.
    U8,
    /// Eight bits around 0.
    S8,
    /// 16, 24 and 32 bits in two's complement, little end first.
    S16Le,
    S24Le,
    S32Le,
    /// The same, big end first.
    S16Be,
    S24Be,
    S32Be,
    /// IEEE 754.
    F32Le,
    F64Le,
    F32Be,
    F64Be,
    /// ITU-T G.711.
    ALaw,
    MuLaw,
}

use Encoding::{
    ALaw, F32Be, F32Le, F64Be, F64Le, MuLaw, S8, S16Be, S16Le, S24Be, S24Le, S32Be, S32Le, U8,
};

/// Full scale of the integers.
const S8_STEP: f32 = 1.0 / 128.0;
const S16_STEP: f32 = 1.0 / 32_768.0;
const S32_STEP: f32 = 1.0 / 2_147_483_648.0;

impl Encoding {
    /// Every encoding, with symphonia's number for it and the name that symphonia gives it.
    const ALL: [(Self, AudioCodecId, &'static str); 14] = [
        (U8, codec::CODEC_ID_PCM_U8, "pcm_u8"),
        (S8, codec::CODEC_ID_PCM_S8, "pcm_s8"),
        (S16Le, codec::CODEC_ID_PCM_S16LE, "pcm_s16le"),
        (S24Le, codec::CODEC_ID_PCM_S24LE, "pcm_s24le"),
        (S32Le, codec::CODEC_ID_PCM_S32LE, "pcm_s32le"),
        (S16Be, codec::CODEC_ID_PCM_S16BE, "pcm_s16be"),
        (S24Be, codec::CODEC_ID_PCM_S24BE, "pcm_s24be"),
        (S32Be, codec::CODEC_ID_PCM_S32BE, "pcm_s32be"),
        (F32Le, codec::CODEC_ID_PCM_F32LE, "pcm_f32le"),
        (F64Le, codec::CODEC_ID_PCM_F64LE, "pcm_f64le"),
        (F32Be, codec::CODEC_ID_PCM_F32BE, "pcm_f32be"),
        (F64Be, codec::CODEC_ID_PCM_F64BE, "pcm_f64be"),
        (ALaw, codec::CODEC_ID_PCM_ALAW, "pcm_alaw"),
        (MuLaw, codec::CODEC_ID_PCM_MULAW, "pcm_mulaw"),
    ];

    /// The encoding that symphonia found, if it is one of these.
    pub(super) fn of(id: AudioCodecId) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, other, _)| *other == id);
        found.map(|(encoding, ..)| *encoding)
    }

    /// The codec's name.
    pub(super) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(encoding, ..)| *encoding == self);
        found.map_or("pcm", |(_, _, name)| name)
    }

    /// Bytes of one sample.
    pub(super) fn bytes(self) -> usize {
        match self {
            U8 | S8 | ALaw | MuLaw => 1,
            S16Le | S16Be => 2,
            S24Le | S24Be => 3,
            S32Le | S32Be | F32Le | F32Be => 4,
            F64Le | F64Be => 8,
        }
    }

    /// Whether a sample may be anything that a float can be, and not only from -1 to 1.
    pub(super) fn is_float(self) -> bool {
        matches!(self, F32Le | F32Be | F64Le | F64Be)
    }

    /// Replaces the samples by those that the bytes stand for, full scale at 1.
    pub(super) fn decode(self, bytes: &[u8], samples: &mut Vec<f32>) {
        samples.resize(bytes.len() / self.bytes(), 0.0);
        match self {
            U8 => convert(bytes, samples, |[a]| f32::from(a) * S8_STEP - 1.0),
            S8 => convert(bytes, samples, |[a]| {
                f32::from(i8::from_le_bytes([a])) * S8_STEP
            }),
            S16Le => convert(bytes, samples, |word| {
                f32::from(i16::from_le_bytes(word)) * S16_STEP
            }),
            S16Be => convert(bytes, samples, |word| {
                f32::from(i16::from_be_bytes(word)) * S16_STEP
            }),
            S24Le => convert(bytes, samples, |[a, b, c]| s32([0, a, b, c])),
            S24Be => convert(bytes, samples, |[a, b, c]| s32([0, c, b, a])),
            S32Le => convert(bytes, samples, s32),
            S32Be => convert(bytes, samples, |[a, b, c, d]| s32([d, c, b, a])),
            F32Le => convert(bytes, samples, f32::from_le_bytes),
            F32Be => convert(bytes, samples, f32::from_be_bytes),
            F64Le => convert(bytes, samples, |word| narrow(f64::from_le_bytes(word))),
            F64Be => convert(bytes, samples, |word| narrow(f64::from_be_bytes(word))),
            ALaw => convert(bytes, samples, |[a]| f32::from(a_law(a)) * S16_STEP),
            MuLaw => convert(bytes, samples, |[a]| f32::from(mu_law(a)) * S16_STEP),
        }
    }
}

/// One pass that the compiler makes wide.
fn convert<const N: usize>(bytes: &[u8], samples: &mut [f32], sample: impl Fn([u8; N]) -> f32) {
    kernel::run(Convert {
        bytes,
        samples,
        sample,
    });
}

struct Convert<'a, const N: usize, F: Fn([u8; N]) -> f32> {
    bytes: &'a [u8],
    samples: &'a mut [f32],
    sample: F,
}

impl<const N: usize, F: Fn([u8; N]) -> f32> WithSimd for Convert<'_, N, F> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "a kernel is compiled for the instructions that were found"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (words, _) = self.bytes.as_chunks::<N>();
        for (to, word) in self.samples.iter_mut().zip(words) {
            *to = (self.sample)(*word);
        }
    }
}

/// 24 bits in the upper three bytes are exact; 32 bits are rounded to nearest.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "samples are f32")]
fn s32(word: [u8; 4]) -> f32 {
    i32::from_le_bytes(word) as f32 * S32_STEP
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
fn narrow(sample: f64) -> f32 {
    sample as f32
}

/// A-law to linear with 13 bits in the upper ones of 16 (G.711, table 1).
#[inline]
fn a_law(code: u8) -> i16 {
    // Every other bit is sent inverted.
    let code = code ^ 0x55;
    let step = i16::from(code & 0x0f) * 16 + 8;
    let magnitude = match (code >> 4) & 7 {
        0 => step,
        segment => (step + 256) << (segment - 1),
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// Mu-law to linear with 14 bits in the upper ones of 16 (G.711, table 2).
#[inline]
fn mu_law(code: u8) -> i16 {
    const BIAS: i16 = 132;
    // All bits are sent inverted.
    let code = !code;
    let step = i16::from(code & 0x0f) * 8 + BIAS;
    let magnitude = (step << ((code >> 4) & 7)) - BIAS;
    if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}
