//! Files that are no sound at all, or sound in a dress that is not taken.

use super::valid::made_by_ffmpeg;
use super::{Dice, Input, Valid, noise};

/// All of them.
pub(super) fn all(valid: &[Valid], dice: &mut Dice) -> Vec<Input> {
    let mut made: Vec<Input> = KNOWN
        .iter()
        .map(|(name, head)| {
            // A body of noise behind the signature, as in compressed files.
            let body = (0..4096).map(|_| noise(dice));
            Input::new("foreign", *name, head.iter().copied().chain(body).collect())
        })
        .collect();
    made.extend(
        TEXTS
            .iter()
            .map(|(name, text)| Input::new("foreign", *name, text.repeat(40).into_bytes())),
    );
    made.push(Input::new("foreign", "empty", Vec::new()));
    made.push(Input::new("foreign", "one byte", vec![b'R']));
    made.push(Input::new("foreign", "one zero", vec![0]));
    made.push(Input::new(
        "foreign",
        "a megabyte of zeros",
        vec![0; 1 << 20],
    ));
    made.push(Input::new(
        "foreign",
        "a megabyte of 0xff",
        vec![0xff; 1 << 20],
    ));
    let megabyte = (0..1 << 20).map(|_| noise(dice)).collect();
    made.push(Input::new("foreign", "a megabyte of noise", megabyte));
    made.push(Input::new("foreign", "tar", tar(valid)));
    made.push(Input::new("foreign", "png", picture("png", "png")));
    made.push(Input::new("foreign", "jpeg", picture("jpg", "mjpeg")));
    made.push(Input::new(
        "foreign",
        "mp4 with video only",
        video("mp4", &["-c:v", "mpeg4"]),
    ));
    made.push(Input::new(
        "foreign",
        "mkv with video only",
        video("mkv", &["-c:v", "mpeg4"]),
    ));
    made.push(Input::new(
        "foreign",
        "avi with video only",
        video("avi", &["-c:v", "mpeg4"]),
    ));
    made.push(Input::new(
        "foreign",
        "wavpack",
        made_by_ffmpeg("wv", &TONE),
    ));
    made.push(Input::new("foreign", "wma", made_by_ffmpeg("wma", &TONE)));
    made.push(Input::new("foreign", "au", made_by_ffmpeg("au", &TONE)));
    made
}

const TONE: [&str; 4] = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"];

const KNOWN: &[(&str, &[u8])] = &[
    ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    ("zip", b"PK\x03\x04\x14\0\0\0\x08\0"),
    ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    ("7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
    ("elf", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"),
    ("exe", b"MZ\x90\0\x03\0\0\0"),
    ("gif", b"GIF89a\x10\0\x10\0"),
    ("sqlite", b"SQLite format 3\0"),
    ("midi", b"MThd\0\0\0\x06\0\x01\0\x02\0\x60"),
    ("RIFF of a picture", b"RIFF\0\x10\0\0WEBPVP8 "),
    ("RIFF of nothing", b"RIFF\xff\xff\xff\xffWAVE"),
    ("ID3 and nothing else", b"ID3\x04\0\0\0\0\x02\0"),
];

const TEXTS: &[(&str, &str)] = &[
    (
        "text",
        "Dear studio, please find my song attached. Best wishes.\n",
    ),
    (
        "html",
        "<!doctype html><html><head><title>404 Not Found</title></head></html>\n",
    ),
    (
        "json",
        "{\"error\":\"the download link has expired\",\"song\":null}\n",
    ),
    ("xml", "<?xml version=\"1.0\"?><playlist version=\"1\"/>\n"),
    (
        "playlist",
        "#EXTM3U\n#EXTINF:123,A song\nhttp://example.com/song.mp3\n",
    ),
    ("utf-16", "\u{feff}s\0o\0n\0g\0\n\0"),
];

fn picture(extension: &str, codec: &str) -> Vec<u8> {
    made_by_ffmpeg(
        extension,
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=64x64",
            "-frames:v",
            "1",
            "-c:v",
            codec,
        ],
    )
}

fn video(extension: &str, codec: &[&str]) -> Vec<u8> {
    let source = ["-f", "lavfi", "-i", "testsrc=size=64x64:duration=1"];
    made_by_ffmpeg(extension, &[&source, codec].concat())
}

/// An archive of a song, as a sample library might be sent.
fn tar(valid: &[Valid]) -> Vec<u8> {
    let song = valid
        .first()
        .map(|valid| valid.bytes.as_slice())
        .unwrap_or_default();
    let mut head = vec![0; 512];
    head[..8].copy_from_slice(b"song.wav");
    head[100..108].copy_from_slice(b"0000644\0");
    head[124..136].copy_from_slice(format!("{:011o} ", song.len()).as_bytes());
    head[148..156].fill(b' ');
    head[156] = b'0';
    head[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    [&head, song].concat()
}
