//! Damaged files: cut off, with flipped bits, or made of noise. Each gets an answer.
#![expect(
    clippy::unwrap_used,
    reason = "the set-up of a test ends the test when it fails"
)]

use std::io::Cursor;

use proptest::prelude::*;
use storage::sniff::{SniffError, SniffLimits, recognise};

/// Every form that has a declared end, so that a missing byte can be told.
const WHOLE: [&str; 15] = [
    "sine.wav",
    "sine24.wav",
    "sine_rf64.wav",
    "sine.aiff",
    "sine_float.aiff",
    "sine.flac",
    "sine.mp3",
    "sine_plain.mp3",
    "sine.aac",
    "sine.m4a",
    "sine_fast.m4a",
    "sine_alac.m4a",
    "sine.ogg",
    "sine.opus",
    "sine.caf",
];

/// How the files of each parser begin.
const SIGNATURES: [&[u8]; 12] = [
    b"RIFF\0\0\0\0WAVE",
    b"RF64\0\0\0\0WAVE",
    b"FORM\0\0\0\0AIFC",
    b"fLaC",
    b"OggS\0",
    b"caff\0\x01\0\0",
    b"\x1a\x45\xdf\xa3",
    b"\0\0\0\x18ftypM4A ",
    b"ID3\x04\0\0",
    b"\xff\xfb",
    b"\xff\xf1",
    b"",
];

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/fixtures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn refusal(bytes: &[u8]) -> Option<SniffError> {
    recognise(
        Cursor::new(bytes),
        bytes.len() as u64,
        &SniffLimits::default(),
    )
    .err()
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for name in WHOLE {
        let bytes = fixture(name);
        // Every byte of the headers and of the end, and every seventh between them.
        let near = |end: &usize| *end < 512 || *end + 256 > bytes.len() || end.is_multiple_of(7);
        for end in (0..bytes.len()).filter(near) {
            let cut = bytes.get(..end).unwrap();
            let Some(error) = refusal(cut) else {
                // A cut between frames of a bare stream leaves a shorter whole stream.
                assert!(
                    matches!(name, "sine_plain.mp3" | "sine.aac"),
                    "{name} cut at {end}"
                );
                continue;
            };
            if end > bytes.len() / 2 {
                assert!(
                    matches!(error.code(), "truncated" | "corrupt"),
                    "{name} at {end}: {error}"
                );
            }
        }
    }
}

#[test]
fn a_reader_that_is_shorter_than_its_size_says_gets_an_answer() {
    for name in WHOLE {
        let bytes = fixture(name);
        let half = bytes.get(..bytes.len() / 2).unwrap();
        let answer = recognise(
            Cursor::new(half),
            bytes.len() as u64,
            &SniffLimits::default(),
        );
        // What is proved by the file's end can't be proved here.
        let by_its_end = matches!(
            name,
            "sine.flac" | "sine.ogg" | "sine.opus" | "sine_plain.mp3"
        );
        assert!(answer.is_err() || !by_its_end, "{name}");
    }
}

#[test]
fn a_file_made_of_headers_costs_no_time() {
    // Each of these would be slow if every false start were followed to its end.
    let flac = fixture("sine.flac");
    let head = flac
        .get(
            ..flac
                .windows(2)
                .rposition(|pair| pair == [0xff, 0xf8])
                .unwrap(),
        )
        .unwrap();
    let frame = flac
        .windows(8)
        .find(|window| window.starts_with(&[0xff, 0xf8]))
        .unwrap();
    let pages = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let boxes = b"\0\0\0\x08free";
    let chunks = [
        b"RIFF\0\0\0\0WAVE".as_slice(),
        &b"junk\0\0\0\0".repeat(500_000),
    ]
    .concat();
    for bytes in [
        [head, &frame.repeat(500_000)].concat(),
        pages.repeat(200_000),
        [b"\0\0\0\x08ftyp".as_slice(), &boxes.repeat(500_000)].concat(),
        chunks,
        [0xff, 0xfb, 0x90, 0x00].repeat(1_000_000),
        [0xff, 0xf1].repeat(1_000_000),
        b"\x1a\x45\xdf\xa3\x80".repeat(500_000),
        b"ID3\x04\0\0\0\0\0\0".repeat(500_000),
    ] {
        assert!(refusal(&bytes).is_some());
    }
}

/// A box of an MPEG-4 file.
fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], &kind, &body].concat()
}

#[test]
fn a_sample_description_too_short_for_an_entry_is_refused() {
    // The entry would begin beyond its table, where a size of zero says "to the table's end".
    let description = boxed(*b"stsd", &[&[0; 4]]);
    let sizes = boxed(*b"stsz", &[&[0; 12]]);
    let table = boxed(*b"stbl", &[&sizes, &description, &boxed([0; 4], &[])]);
    let media = boxed(
        *b"mdia",
        &[
            &boxed(*b"hdlr", &[b"\0\0\0\0\0\0\0\0soun"]),
            &boxed(*b"mdhd", &[&[0; 32]]),
            &boxed(*b"minf", &[&table]),
        ],
    );
    let file = [
        boxed(*b"ftyp", &[b"M4A "]),
        boxed(*b"moov", &[&boxed(*b"trak", &[&media])]),
        boxed(*b"mdat", &[&[0; 64]]),
    ]
    .concat();
    assert_eq!(refusal(&file).unwrap().code(), "corrupt");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_never_panic_and_never_pass_the_limits(
        name in proptest::sample::select(&WHOLE[..]),
        flips in proptest::collection::vec((any::<u32>(), 0..8_u32), 1..12),
        near_start in any::<bool>(),
    ) {
        let mut bytes = fixture(name);
        let span = if near_start { bytes.len().min(160) } else { bytes.len() };
        for (place, bit) in flips {
            let at = usize::try_from(place).unwrap() % span;
            bytes[at] ^= 1 << bit;
        }
        let limits = SniffLimits::default();
        if let Ok(found) = recognise(Cursor::new(&bytes), bytes.len() as u64, &limits) {
            prop_assert!(found.channels >= 1 && found.channels <= limits.max_channels);
            prop_assert!(found.duration_seconds.is_none_or(|s| (0.0..=14_400.0).contains(&s)));
        }
    }

    #[test]
    fn noise_behind_any_signature_never_panics(
        signature in proptest::sample::select(&SIGNATURES[..]),
        noise in proptest::collection::vec(any::<u8>(), 0..4096),
    ) {
        let bytes = [signature, &noise].concat();
        let _ = refusal(&bytes);
    }
}
