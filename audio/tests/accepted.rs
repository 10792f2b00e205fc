//! Every file that is written, before the judges: `flac -t`, ffprobe, and the letter of the RIFF form.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic here is a failed test"
)]

mod signals;

use std::path::Path;
use std::process::Command;

use audio::master::{Bits, Format};
use signals::{decode, master, music, settings, wav};

const KINDS: [(Format, Bits, &str); 6] = [
    (Format::Wav, Bits::B16, "wav"),
    (Format::Wav, Bits::B24, "wav"),
    (Format::Wav, Bits::F32, "wav"),
    (Format::Flac, Bits::B16, "flac"),
    (Format::Flac, Bits::B24, "flac"),
    (Format::Vorbis, Bits::F32, "ogg"),
];

/// Runs a judge, who must have nothing to say.
fn accepts(program: &str, arguments: &[&str], file: &Path) {
    let judged = Command::new(program)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    let said = String::from_utf8_lossy(&judged.stderr);
    assert!(
        judged.status.success() && said.is_empty(),
        "{program}: {said}"
    );
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// The RIFF form as Microsoft and IBM wrote it down in 1991, with the `fact` chunk of 1994 for
/// everything that isn't PCM.
fn is_strict_riff(file: &[u8], rate: usize, channels: usize, bits: Bits, frames: usize) {
    let sample = match bits {
        Bits::B16 => 2,
        Bits::B24 => 3,
        Bits::F32 => 4,
    };
    assert_eq!((&file[..4], &file[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
    assert_eq!(number(&file[4..8]), file.len() - 8, "size of the form");
    let mut chunks = Vec::new();
    let mut at = 12;
    while at < file.len() {
        let size = number(&file[at + 4..at + 8]);
        chunks.push((&file[at..at + 4], &file[at + 8..at + 8 + size]));
        // Chunks are padded to even lengths.
        at += 8 + size + size % 2;
    }
    assert_eq!(at, file.len(), "the last chunk ends with the file");
    let find = |id: &[u8]| {
        chunks
            .iter()
            .find(|(name, _)| *name == id)
            .map(|(_, body)| *body)
    };
    let format = find(b"fmt ").unwrap();
    let is_float = bits == Bits::F32;
    assert_eq!(number(&format[..2]), if is_float { 3 } else { 1 });
    assert_eq!(format.len(), if is_float { 18 } else { 16 });
    assert_eq!(number(&format[2..4]), channels);
    assert_eq!(number(&format[4..8]), rate);
    assert_eq!(number(&format[8..12]), rate * channels * sample);
    assert_eq!(number(&format[12..14]), channels * sample);
    assert_eq!(number(&format[14..16]), sample * 8);
    assert_eq!(find(b"data").unwrap().len(), frames * channels * sample);
    assert_eq!(find(b"fact").map(number), is_float.then_some(frames));
}

#[test]
fn every_file_is_accepted_and_as_long_as_its_source() {
    let folder = tempfile::tempdir().unwrap();
    for (rate, channels) in [
        (8_000, 1),
        (22_050, 2),
        (44_100, 2),
        (96_000, 1),
        (192_000, 2),
    ] {
        let samples = music(rate, 0.7, 0.3, 51);
        let samples: Vec<f32> = match channels {
            // An odd number of odd samples has to be padded.
            1 => samples.into_iter().step_by(2).skip(1).collect(),
            _ => samples,
        };
        let frames = samples.len() / channels;
        let source = wav(rate, u16::try_from(channels).unwrap(), &samples);
        for (format, bits, extension) in KINDS {
            let wanted = settings(-16.0, -1.0, format, bits);
            let (report, file) = master(source.clone(), &wanted).unwrap();
            assert_eq!(report.output.frames, frames as u64);
            let path = folder.path().join(format!("{rate}-{bits:?}.{extension}"));
            std::fs::write(&path, &file).unwrap();
            accepts(
                "ffprobe",
                &[
                    "-v",
                    "error",
                    "-count_packets",
                    "-show_streams",
                    "-of",
                    "json",
                ],
                &path,
            );
            match format {
                Format::Wav => is_strict_riff(&file, rate as usize, channels, bits, frames),
                Format::Flac => accepts("flac", &["-t", "-s", "-w"], &path),
                Format::Vorbis => {}
            }
            let (_, decoded) = decode(file).unwrap();
            assert_eq!(decoded.len(), samples.len(), "{rate} Hz {extension}");
        }
    }
}
