//! Predictions against real encoders: ffmpeg's AAC, libmp3lame, libvorbis and libopus.
#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod signals;

use std::fs;
use std::path::Path;
use std::process::Command;

use audio::codec::{Candidates, Prediction, predict, safe_ceiling};
use audio::decode::Place;
use audio::master::{Bits, Format};
use signals::{decode, master, measure, music, settings, wav};

/// The encoders that the predictions are for: codec and bit rate, and how ffmpeg is told.
const ENCODERS: [(&str, u32, &[&str], &str); 8] = [
    ("AAC", 128, &["-c:a", "aac", "-b:a", "128k"], "m4a"),
    ("AAC", 256, &["-c:a", "aac", "-b:a", "256k"], "m4a"),
    ("MP3", 128, &["-c:a", "libmp3lame", "-b:a", "128k"], "mp3"),
    ("MP3", 320, &["-c:a", "libmp3lame", "-b:a", "320k"], "mp3"),
    ("Vorbis", 96, &["-c:a", "libvorbis", "-q:a", "2"], "ogg"),
    ("Vorbis", 160, &["-c:a", "libvorbis", "-q:a", "5"], "ogg"),
    ("Vorbis", 320, &["-c:a", "libvorbis", "-q:a", "9"], "ogg"),
    ("Opus", 128, &["-c:a", "libopus", "-b:a", "128k"], "opus"),
];

fn ffmpeg(arguments: &[&str]) {
    let done = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("ffmpeg does not start: {error}"));
    assert!(
        done.status.success(),
        "ffmpeg {arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Encodes a file, decodes it to floats and measures loudness and true peak.
fn coded(directory: &Path, source: &Path, options: &[&str], extension: &str) -> (f64, f64) {
    let encoded = directory.join(format!("coded.{extension}"));
    let decoded = directory.join("decoded.wav");
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    ffmpeg(&[&["-i", &name(source)], options, &[&name(&encoded)]].concat());
    ffmpeg(&["-i", &name(&encoded), "-c:a", "pcm_f32le", &name(&decoded)]);
    let (source, samples) = decode(fs::read(&decoded).unwrap()).unwrap();
    let measured = measure(source.info().sample_rate_hz, &[Place::Front; 2], &samples);
    (
        measured.integrated_lufs.unwrap(),
        measured.true_peak_dbtp.unwrap(),
    )
}

fn predictions(rate: u32, samples: &[f32]) -> Vec<Prediction> {
    let mut candidates = Candidates::new(rate, 2);
    for block in samples.chunks(8_192) {
        candidates.push(block);
    }
    predict(candidates)
}

#[test]
fn real_encoders_stay_under_the_safe_figures() {
    let directory = tempfile::tempdir().unwrap();
    let rate = 44_100;
    // A beat that the limiter holds down: many peaks at the ceiling.
    let source = music(rate, 14.0, 0.5, 21);
    let target = settings(-9.0, -1.0, Format::Wav, Bits::B24);
    let (_, file) = master(wav(rate, 2, &source), &target).unwrap();
    let path = directory.path().join("master.wav");
    fs::write(&path, &file).unwrap();
    let (_, samples) = decode(file).unwrap();
    let before = measure(rate, &[Place::Front; 2], &samples);
    let loudness = before.integrated_lufs.unwrap();

    let predicted = predictions(rate, &samples);
    assert_eq!(predicted.len(), ENCODERS.len());
    let mut most_over = f64::NEG_INFINITY;
    for (found, (codec, kbps, options, extension)) in predicted.iter().zip(ENCODERS) {
        assert_eq!((found.codec.as_str(), found.bitrate_kbps), (codec, kbps));
        let (after, peak) = coded(directory.path(), &path, options, extension);
        assert!(
            peak <= found.worst_dbtp,
            "{codec} {kbps}: {peak}, {found:?}"
        );
        assert!(
            peak >= found.true_peak_dbtp - 1.5,
            "{codec} {kbps}: {peak}, {found:?}"
        );
        let change = after - loudness;
        assert!(
            (change - found.loudness_change_lu).abs() < 0.25,
            "{codec} {kbps}: {change} LU, {found:?}"
        );
        most_over = most_over.max(peak);
    }
    // What the ceiling is lowered by brings the worst of the real files under full scale.
    assert!(most_over > 0.0, "a test that asks for nothing: {most_over}");
    let lowered = safe_ceiling(-1.0, &predicted, 0.0);
    assert!(
        most_over + (lowered + 1.0) <= 0.0,
        "{lowered} for {most_over}"
    );
}
