//! Broken and hostile files: an error with a code, and never a panic, a hang or a big
//! allocation.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "files that are made here are what they should be, or the test fails"
)]

mod signals;

use std::io::Cursor;

use audio::master::{Bits, Format};
use audio::{AudioError, Limits, Source};
use proptest::prelude::*;
use signals::{decode, master, music, settings, wav};

fn small_wav() -> Vec<u8> {
    wav(44_100, 2, &music(44_100, 0.3, 0.5, 1))
}

fn small_flac() -> Vec<u8> {
    let settings = settings(-14.0, -1.0, Format::Flac, Bits::B16);
    master(wav(44_100, 2, &music(44_100, 0.6, 0.5, 1)), &settings)
        .unwrap()
        .1
}

fn code(file: Vec<u8>) -> &'static str {
    decode(file)
        .err()
        .map_or("ok", |error: AudioError| error.code())
}

#[test]
fn what_is_no_sound_is_called_so() {
    assert_eq!(code(Vec::new()), "empty");
    assert_eq!(
        code(b"Lorem ipsum dolor sit amet, ".repeat(400)),
        "not_audio"
    );
    assert_eq!(code(vec![0; 100_000]), "not_audio");
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.resize(50_000, 7);
    assert_eq!(code(png), "not_audio");
    let mut zip = b"PK\x03\x04\x14\0\0\0\x08\0".to_vec();
    zip.resize(50_000, 0xaa);
    assert_eq!(code(zip), "not_audio");
}

#[test]
fn known_formats_that_are_not_decoded_are_named() {
    let mut wavpack = b"wvpk".to_vec();
    wavpack.resize(10_000, 1);
    assert_eq!(code(wavpack), "unsupported_format");
}

#[test]
fn a_file_that_ends_early_is_truncated() {
    for (file, header) in [(small_wav(), 44), (small_flac(), 200)] {
        for keep in [header + 5_000, file.len() / 2, file.len() - 100] {
            let error = decode(file[..keep].to_vec()).unwrap_err();
            assert!(matches!(error.code(), "truncated" | "corrupt"), "{error}");
        }
    }
}

#[test]
fn a_wav_from_a_pipe_whose_length_is_a_placeholder_is_read_to_its_end() {
    let mut file = small_wav();
    file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    file[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(code(file), "ok");
}

#[test]
fn a_flipped_bit_in_the_samples_of_a_flac_is_found() {
    let mut file = small_flac();
    let middle = file.len() / 2;
    file[middle] ^= 0x10;
    assert_ne!(code(file), "ok");
}

#[test]
fn limits_hold_by_the_header_and_by_the_samples() {
    let limits = Limits {
        max_duration_seconds: 0.1,
        ..Limits::default()
    };
    let by_header = Source::open(Box::new(Cursor::new(small_wav())), None, &limits);
    assert_eq!(by_header.unwrap_err().code(), "too_long");
    let impossible = [
        (2, 0, "unsupported_sample_rate"),
        (2, 4_000_000, "unsupported_sample_rate"),
    ];
    for (channels, rate, expected) in impossible {
        let mut file = wav(44_100, channels, &[0.1; 2_000]);
        file[24..28].copy_from_slice(&u32::to_le_bytes(rate));
        let refused = code(file);
        assert!(refused == expected || refused == "corrupt", "{refused}");
    }
    for channels in [0, 9, 200, u16::MAX] {
        let mut file = small_wav();
        file[22..24].copy_from_slice(&channels.to_le_bytes());
        assert_ne!(code(file), "ok");
    }
}

fn survives(file: Vec<u8>) {
    let size = file.len();
    if let Ok((source, samples)) = decode(file) {
        assert!(samples.iter().all(|sample| sample.is_finite()));
        // No format here makes more than this of a byte; a broken header must not either.
        assert!(samples.len() <= size * 4_096, "{:?}", source.info());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_damage_to_a_wav_is_survived(
        flips in prop::collection::vec((0_usize..400, any::<u8>()), 1..12),
        keep in 0.0_f64..1.0,
    ) {
        survives(damaged(small_wav(), &flips, keep));
    }

    #[test]
    fn any_damage_to_a_flac_is_survived(
        flips in prop::collection::vec((0_usize..20_000, any::<u8>()), 1..12),
        keep in 0.0_f64..1.0,
    ) {
        survives(damaged(small_flac(), &flips, keep));
    }

    #[test]
    fn any_bytes_behind_any_mark_are_survived(
        mark in prop::sample::select(vec![
            "RIFF\0\0\0\0WAVEfmt ", "fLaC\0\0\0\u{22}", "OggS\0\u{2}", "ID3\u{4}\0\0",
            "\0\0\0\u{18}ftypM4A ", "FORM\0\0\0\0AIFFCOMM", "caff\0\u{1}\0\0desc", "",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..6_000),
    ) {
        let mut file = mark.as_bytes().to_vec();
        file.extend(rest);
        survives(file);
    }
}

/// Half of the cases are cut as well.
fn damaged(mut file: Vec<u8>, flips: &[(usize, u8)], keep: f64) -> Vec<u8> {
    let length = file.len();
    for (at, value) in flips {
        file[at % length] ^= value;
    }
    if keep < 0.5 {
        file.truncate((length as f64 * keep * 2.0) as usize);
    }
    file
}
