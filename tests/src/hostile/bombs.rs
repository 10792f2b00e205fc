//! Few bytes that claim or become much sound, and samples that are no numbers.

use super::Input;
use super::valid::made_by_ffmpeg;
use crate::music::{WavShape, wav};

/// More than the tests' limit on duration, in little time to make.
const LONG_SECONDS: &str = "1200";

/// Stereo of 44.1 kHz and 32 bits.
const FLOATS: WavShape = WavShape {
    codec: 3,
    channels: 2,
    rate_hz: 44_100,
    bits: 32,
};

/// All of them.
pub(super) fn all() -> Vec<Input> {
    let bomb = |name: &str, bytes| Input::new("bomb", name, bytes);
    let flac = silence("flac", &["-c:a", "flac", "-compression_level", "0"]);
    let mut made = vec![
        bomb("twenty minutes of silence as FLAC", flac.clone()),
        bomb("the same with its length left out", without_length(flac)),
        bomb(
            "twenty minutes of silence as Opus",
            silence(
                "opus",
                &["-c:a", "libopus", "-b:a", "6k", "-frame_duration", "60"],
            ),
        ),
        bomb(
            "twenty minutes of silence as MP3",
            silence("mp3", &["-c:a", "libmp3lame", "-b:a", "8k"]),
        ),
        bomb(
            "a header of four hours before nothing",
            wav(FLOATS, &[], 0xffff_fff0),
        ),
        bomb(
            "a header of four hours before a second",
            wav(FLOATS, &[0; 352_800], 0xffff_fff0),
        ),
    ];
    for (name, value) in [
        ("not a number", f32::NAN),
        ("infinite", f32::INFINITY),
        ("minus infinite", f32::NEG_INFINITY),
        ("the greatest float", f32::MAX),
        ("a denormal float", f32::from_bits(1)),
    ] {
        let all: Vec<u8> = std::iter::repeat_n(value.to_le_bytes(), 88_200)
            .flatten()
            .collect();
        made.push(Input::new(
            "not-numbers",
            format!("every sample {name}"),
            float_wav(&all),
        ));
        let some: Vec<u8> = (0..176_400_u32)
            .flat_map(|at| sample(at, value).to_le_bytes())
            .collect();
        made.push(Input::new(
            "not-numbers",
            format!("some samples {name}"),
            float_wav(&some),
        ));
    }
    // Arithmetic on denormal numbers is a hundred times slower: a minute of them must not be.
    let minute = f32::from_bits(1).to_le_bytes().repeat(60 * 88_200);
    made.push(Input::new(
        "not-numbers",
        "a minute of denormal floats",
        float_wav(&minute),
    ));
    made
}

/// A tone in which one sample of a thousand has `value`.
fn sample(at: u32, value: f32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a few seconds of samples")]
    let phase = at as f32 * 0.05;
    if at % 1000 == 7 {
        value
    } else {
        0.3 * phase.sin()
    }
}

fn silence(extension: &str, codec: &[&str]) -> Vec<u8> {
    let source = [
        "-f",
        "lavfi",
        "-t",
        LONG_SECONDS,
        "-i",
        "anullsrc=r=8000:cl=mono",
    ];
    made_by_ffmpeg(extension, &[&source, codec].concat())
}

/// FLAC allows the number of samples to be unknown; only decoding tells then.
fn without_length(mut flac: Vec<u8>) -> Vec<u8> {
    flac[21] &= 0xf0;
    flac[22..26].fill(0);
    flac
}

fn float_wav(samples: &[u8]) -> Vec<u8> {
    let declared = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    wav(FLOATS, samples, declared)
}
