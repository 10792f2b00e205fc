//! The format chunk of a WAVE file: `WAVEFORMATEX` and `WAVEFORMATEXTENSIBLE`.

use super::encoding::Encoding;
use super::speaker::Speaker;
use crate::{AudioError, Result};

const PCM: u16 = 0x0001;
const FLOAT: u16 = 0x0003;
const A_LAW: u16 = 0x0006;
const MU_LAW: u16 = 0x0007;
const EXTENSIBLE: u16 = 0xfffe;

/// What follows the format tag in the GUID of an extensible format, and in that of its ambisonic
/// sister.
const GUID: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
const AMBISONIC_GUID: [u8; 14] = *b"\0\0\x21\x07\xd3\x11\x86\x44\xc8\xc1\xca\0\0\0";

/// What it says of uncompressed samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    pub encoding: Encoding,
    pub sample_rate_hz: u32,
    pub speakers: Vec<Speaker>,
    pub bits: Option<u32>,
}

/// What the chunk says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Codec {
    Pcm(Format),
    /// The tag of a codec that is none of ours.
    Other(u16),
}

/// The fields that every format chunk has.
struct Fields {
    channels: u16,
    sample_rate_hz: u32,
    bytes_a_second: u32,
    bytes_a_frame: u16,
    bits: u16,
}

impl Codec {
    /// Reads the chunk's body, of which 40 bytes are enough.
    ///
    /// # Errors
    /// [`AudioError::Corrupt`] where the fields contradict each other.
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        let Some(
            &[
                t0,
                t1,
                c0,
                c1,
                r0,
                r1,
                r2,
                r3,
                s0,
                s1,
                s2,
                s3,
                f0,
                f1,
                b0,
                b1,
            ],
        ) = body.first_chunk::<16>()
        else {
            return Err(corrupt("the format chunk is too short"));
        };
        let tag = u16::from_le_bytes([t0, t1]);
        let fields = Fields {
            channels: u16::from_le_bytes([c0, c1]),
            sample_rate_hz: u32::from_le_bytes([r0, r1, r2, r3]),
            bytes_a_second: u32::from_le_bytes([s0, s1, s2, s3]),
            bytes_a_frame: u16::from_le_bytes([f0, f1]),
            bits: u16::from_le_bytes([b0, b1]),
        };
        let channels = usize::from(fields.channels);
        if tag != EXTENSIBLE {
            return fields.codec(tag, None, Speaker::usual(channels));
        }
        let Some([v0, v1, m0, m1, m2, m3, g0, g1, guid @ ..]) = body.get(18..40) else {
            return Err(corrupt("the extensible format chunk is too short"));
        };
        let tag = u16::from_le_bytes([*g0, *g1]);
        let speakers = if guid == GUID {
            Speaker::of_mask(u32::from_le_bytes([*m0, *m1, *m2, *m3]), channels)
        } else if guid == AMBISONIC_GUID {
            vec![Speaker::Elsewhere; channels]
        } else {
            return Ok(Self::Other(EXTENSIBLE));
        };
        fields.codec(tag, Some(u16::from_le_bytes([*v0, *v1])), speakers)
    }
}

impl Fields {
    fn codec(&self, tag: u16, valid_bits: Option<u16>, speakers: Vec<Speaker>) -> Result<Codec> {
        if self.channels == 0 {
            return Err(corrupt("the audio has no channels"));
        }
        let bytes = self.container_bytes();
        let encoding = match (tag, bytes) {
            (PCM, 1) => Encoding::U8,
            (PCM, 2) => Encoding::S16Le,
            (PCM, 3) => Encoding::S24Le,
            (PCM, 4) => Encoding::S32Le,
            (FLOAT, 4) => Encoding::F32Le,
            (FLOAT, 8) => Encoding::F64Le,
            (A_LAW, 1) => Encoding::ALaw,
            (MU_LAW, 1) => Encoding::MuLaw,
            (PCM | FLOAT | A_LAW | MU_LAW, _) => {
                return Err(AudioError::Corrupt(format!(
                    "samples of {} bits are none that WAVE knows",
                    self.bits
                )));
            }
            (other, _) => return Ok(Codec::Other(other)),
        };
        let container_bits = bytes * 8;
        let bits = match tag {
            PCM => Some(
                valid_bits
                    .filter(|bits| (1..=container_bits).contains(bits))
                    .unwrap_or(self.bits.min(container_bits)),
            ),
            FLOAT => Some(container_bits),
            _ => None,
        };
        Ok(Codec::Pcm(Format {
            encoding,
            sample_rate_hz: self.sample_rate_hz,
            speakers,
            bits: bits.map(u32::from),
        }))
    }

    /// Bytes of one sample: as many as its bits need, or more where both other fields agree that
    /// it has more room. Samples lie in the upper bits of their room, so they need no shift.
    fn container_bytes(&self) -> u16 {
        let needed = self.bits.div_ceil(8);
        let room = self.bytes_a_frame / self.channels;
        let agreed = room * self.channels == self.bytes_a_frame
            && u64::from(self.bytes_a_second)
                == u64::from(self.bytes_a_frame) * u64::from(self.sample_rate_hz);
        if agreed && self.bits > 0 && (needed..=4).contains(&room) {
            room
        } else {
            needed
        }
    }
}

fn corrupt(what: &str) -> AudioError {
    AudioError::Corrupt(what.to_owned())
}
