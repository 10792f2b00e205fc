//! Recognition of real files by content: what each is, and why each of the others is refused.
#![expect(
    clippy::unwrap_used,
    reason = "the set-up of a test ends the test when it fails"
)]

use std::io::Cursor;

use storage::sniff::{Format, Recognised, SniffError, SniffLimits, recognise};

/// A file of `tests/fixtures`: a short synthetic sine.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/fixtures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn sniff(bytes: &[u8]) -> Result<Recognised, SniffError> {
    recognise(
        Cursor::new(bytes),
        bytes.len() as u64,
        &SniffLimits::default(),
    )
}

fn code(bytes: &[u8]) -> &'static str {
    sniff(bytes).map_or_else(|error| error.code(), |found| found.format.name())
}

/// Replaces the first occurrence of some bytes.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [
        bytes.get(..at).unwrap(),
        to,
        bytes.get(at + from.len()..).unwrap(),
    ]
    .concat()
}

#[test]
fn every_form_of_audio_is_recognised_with_its_figures() {
    let cases = [
        ("sine.wav", Format::Wav, 44_100, 2, Some(16), 882),
        ("sine24.wav", Format::Wav, 44_100, 2, Some(24), 441),
        ("sine_rf64.wav", Format::Rf64, 44_100, 2, Some(16), 882),
        ("sine_alaw.wav", Format::Wav, 44_100, 2, Some(8), 882),
        ("sine.w64", Format::Wave64, 44_100, 2, Some(16), 882),
        ("sine.aiff", Format::Aiff, 44_100, 2, Some(16), 882),
        ("sine_float.aiff", Format::Aiff, 44_100, 1, Some(32), 882),
        ("sine.flac", Format::Flac, 44_100, 1, Some(16), 4410),
        ("sine.mp3", Format::Mp3, 44_100, 2, None, 17_640),
        ("sine_plain.mp3", Format::Mp3, 44_100, 2, None, 17_640),
        ("sine.aac", Format::Aac, 44_100, 2, None, 17_640),
        ("sine.m4a", Format::M4aAac, 44_100, 2, None, 17_640),
        ("sine_fast.m4a", Format::M4aAac, 44_100, 2, None, 17_640),
        ("sine_alac.m4a", Format::Alac, 44_100, 2, Some(16), 2205),
        ("sine_alac.mov", Format::Alac, 44_100, 2, Some(16), 2205),
        ("sine.ogg", Format::OggVorbis, 44_100, 2, None, 17_640),
        ("sine.opus", Format::Opus, 48_000, 2, None, 19_200),
        ("sine_flac.oga", Format::OggFlac, 44_100, 2, Some(16), 2205),
        ("sine.caf", Format::Caf, 44_100, 2, Some(16), 882),
        ("sine.mka", Format::Matroska, 44_100, 2, None, 17_640),
    ];
    for (name, format, rate, channels, bits, samples) in cases {
        let found = sniff(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (found.format, found.sample_rate_hz),
            (format, rate),
            "{name}"
        );
        assert_eq!((found.channels, found.bits), (channels, bits), "{name}");
        // Lossy encoders add up to three packets of their own.
        let expected = f64::from(samples) / f64::from(rate);
        let seconds = found.duration_seconds.unwrap();
        let slack = if bits.is_some() { 1e-9 } else { 0.09 };
        assert!(
            (seconds - expected).abs() <= slack,
            "{name}: {seconds} is not {expected}"
        );
    }
    assert_eq!(
        sniff(&fixture("sine_fragments.m4a")).unwrap().format,
        Format::M4aAac
    );
}

#[test]
fn the_name_plays_no_part_and_tags_are_stepped_over() {
    let tag = [b"ID3\x04\0\0\0\0\0\x0a".as_slice(), &[0; 10]].concat();
    for name in ["sine.flac", "sine.aac", "sine_plain.mp3"] {
        let plain = fixture(name);
        let tagged = [tag.clone(), plain.clone(), b"TAG".to_vec(), vec![0; 125]].concat();
        assert_eq!(
            sniff(&tagged).unwrap().format,
            sniff(&plain).unwrap().format
        );
    }
}

#[test]
fn other_files_are_named_for_what_they_are() {
    let cases: [(&[u8], &str); 14] = [
        (b"", "empty"),
        (b"The quick brown fox jumps over the lazy dog.\n", "text"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "text (HTML)"),
        (b"PK\x03\x04\x14\0\0\0\x08\0aaaaaaaaaaaaaaaaaaaaaaaa", "an archive (ZIP)"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03aaaaaaaaaaaaaaa", "an archive (GZ)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF document"),
        (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", "a program (EXE)"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "a program (ELF)"),
        (b"7z\xbc\xaf\x27\x1c\0\x04aaaaaaaaaa", "an archive (7Z)"),
        (b"Rar!\x1a\x07\x01\0aaaaaaaa", "an archive (RAR)"),
        (b"GIF89a\x01\0\x01\0", "an image (GIF)"),
        (b"{\\rtf1\\ansi hello}", "an RTF document"),
        (&[0; 4096], "zeros only"),
        (b"\x93\x01\xfe\x44\x80\x9a\x02\x11\x93", "data of an unknown kind"),
    ];
    for (bytes, name) in cases {
        let text = sniff(bytes).unwrap_err().to_string();
        assert!(text.ends_with(name), "{text} does not end with {name}");
    }
    for name in ["image.png", "image.jpg"] {
        assert!(
            sniff(&fixture(name))
                .unwrap_err()
                .to_string()
                .contains("an image")
        );
    }
    let avi = b"RIFF\x24\0\0\0AVI LIST\0\0\0\0hdrlavih";
    assert!(
        sniff(avi)
            .unwrap_err()
            .to_string()
            .contains("a video (AVI)")
    );
}

#[test]
fn audio_that_is_not_decoded_is_named() {
    for (name, word) in [
        ("sine.wv", "WavPack"),
        ("sine.wma", "Windows Media"),
        ("sine.ac3", "AC-3"),
    ] {
        let error = sniff(&fixture(name)).unwrap_err();
        assert_eq!(error.code(), "unsupported_audio");
        assert!(error.to_string().contains(word), "{error}");
    }
    let adpcm = replaced(
        &fixture("sine.wav"),
        b"fmt \x10\0\0\0\x01",
        b"fmt \x10\0\0\0\x02",
    );
    assert!(
        sniff(&adpcm)
            .unwrap_err()
            .to_string()
            .contains("WAV with ADPCM")
    );
}

#[test]
fn a_video_without_sound_and_a_protected_track_are_told_apart() {
    assert_eq!(code(&fixture("video.mp4")), "no_audio_track");
    let protected = replaced(&fixture("sine.m4a"), b"mp4a", b"drms");
    assert_eq!(code(&protected), "drm_protected");
    let encrypted = replaced(&fixture("sine_fast.m4a"), b"mp4a", b"enca");
    assert_eq!(code(&encrypted), "drm_protected");
    assert_eq!(
        code(&replaced(&fixture("sine.m4a"), b"ftypM4A ", b"ftypM4P ")),
        "drm_protected"
    );
}

#[test]
fn a_streamed_wav_without_sizes_is_taken_to_its_end() {
    for size in [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\xf0\xff\x7f"] {
        let mut bytes = fixture("sine.wav");
        let at = bytes
            .windows(4)
            .position(|window| window == b"data")
            .unwrap()
            + 4;
        bytes.splice(at..at + 4, size.iter().copied());
        bytes.splice(4..8, [0xff; 4]);
        assert_eq!(sniff(&bytes).unwrap().frames, Some(882));
    }
}

#[test]
fn declared_sizes_beyond_the_file_are_truncation() {
    let wav = fixture("sine.wav");
    let at = wav.windows(4).position(|window| window == b"data").unwrap() + 4;
    let mut longer = wav.clone();
    longer.splice(at..at + 4, [0xfe, 0xff, 0xff, 0x7f]);
    assert_eq!(code(&longer), "truncated");
    let flac = replaced(
        &fixture("sine.flac"),
        &4410_u32.to_be_bytes(),
        &444_100_u32.to_be_bytes(),
    );
    assert_eq!(code(&flac), "truncated");
}

#[test]
fn the_limits_are_told_with_their_figures() {
    let limits = |change: fn(&mut SniffLimits)| {
        let mut limits = SniffLimits::default();
        change(&mut limits);
        let wav = fixture("sine.wav");
        recognise(Cursor::new(&wav), wav.len() as u64, &limits)
            .unwrap_err()
            .code()
    };
    assert_eq!(
        limits(|limits| limits.max_duration_seconds = 0.001),
        "too_long"
    );
    assert_eq!(
        limits(|limits| limits.max_channels = 1),
        "too_many_channels"
    );
    assert_eq!(
        limits(|limits| limits.lowest_rate_hz = 44_101),
        "sample_rate_out_of_range"
    );
}

#[test]
fn a_claim_of_more_sound_than_the_bytes_can_hold_is_refused() {
    // An AIFF frame count is checked against the samples, an ALAC duration against the packets.
    let aiff = replaced(&fixture("sine.aiff"), &882_u32.to_be_bytes(), &[0xff; 4]);
    assert_eq!(code(&aiff), "truncated");
    let alac = fixture("sine_alac.m4a");
    let clock = alac
        .windows(4)
        .position(|window| window == b"mdhd")
        .unwrap()
        + 20;
    let mut lying = alac.clone();
    lying.splice(clock..clock + 4, [0x7f, 0xff, 0xff, 0xff]);
    assert_eq!(code(&lying), "corrupt");
}
