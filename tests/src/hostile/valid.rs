//! Small valid files of every format that is taken, made by ffmpeg.

use std::path::Path;
use std::process::Command;

/// Seconds of sound in each file.
const SECONDS: &str = "2";
/// Chords with a beat: all the stages of a decoder have something to do.
const SOUND: &str = "aevalsrc=exprs='0.2*sin(2*PI*220*t)+0.15*sin(2*PI*277*t)*(1+sin(2*PI*3*t))+0.3*exp(-20*mod(t\\,0.25))*sin(2*PI*90*t)|0.2*sin(2*PI*330*t)+0.1*sin(2*PI*1760*t)*exp(-8*mod(t\\,0.5))':s=44100";

/// A valid file.
#[derive(Debug, Clone)]
pub struct Valid {
    /// What it is, as in `wav-24`.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One file a format.
pub(super) fn all() -> Vec<Valid> {
    const FORMATS: &[(&str, &str, &[&str])] = &[
        ("wav-16", "wav", &["-c:a", "pcm_s16le"]),
        ("wav-24", "wav", &["-c:a", "pcm_s24le"]),
        ("wav-float", "wav", &["-c:a", "pcm_f32le"]),
        // 96 kHz, 24 bit: ffmpeg writes WAVE_FORMAT_EXTENSIBLE for it.
        (
            "wav-extensible",
            "wav",
            &["-ar", "96000", "-c:a", "pcm_s24le"],
        ),
        ("aiff", "aiff", &["-c:a", "pcm_s16be"]),
        ("flac", "flac", &["-c:a", "flac"]),
        ("mp3", "mp3", &["-c:a", "libmp3lame", "-b:a", "128k"]),
        ("aac-adts", "aac", &["-c:a", "aac"]),
        ("m4a-aac", "m4a", &["-c:a", "aac"]),
        ("m4a-alac", "m4a", &["-c:a", "alac"]),
        ("ogg-vorbis", "ogg", &["-c:a", "libvorbis"]),
        ("opus", "opus", &["-c:a", "libopus", "-b:a", "96k"]),
        ("caf", "caf", &["-c:a", "pcm_s16le"]),
        ("mka", "mka", &["-c:a", "flac"]),
    ];
    FORMATS
        .iter()
        .map(|(name, extension, codec)| {
            let sound = ["-f", "lavfi", "-t", SECONDS, "-i", SOUND];
            Valid {
                name,
                bytes: made_by_ffmpeg(extension, &[&sound, *codec].concat()),
            }
        })
        .collect()
}

/// The file that ffmpeg writes with these arguments, without dates and versions in it.
pub(super) fn made_by_ffmpeg(extension: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let path = folder
        .path()
        .join(Path::new("made").with_extension(extension));
    let made = Command::new("ffmpeg")
        .args([
            "-hide_banner",
            "-loglevel",
            "error",
            "-nostdin",
            "-threads",
            "1",
        ])
        .args(arguments)
        .args([
            "-fflags",
            "+bitexact",
            "-flags",
            "+bitexact",
            "-map_metadata",
            "-1",
        ])
        .arg(&path)
        .output()
        .unwrap_or_else(|error| panic!("ffmpeg does not start: {error}"));
    assert!(
        made.status.success(),
        "ffmpeg {arguments:?}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
