//! What is let in can be mastered: every file that is recognised decodes to its end.
#![expect(
    clippy::unwrap_used,
    reason = "the set-up of a test ends the test when it fails"
)]

use std::io::Cursor;

use audio::{Limits, Source};
use storage::sniff::{Recognised, SniffError, SniffLimits, recognise};

fn sniff(bytes: &[u8]) -> Result<Recognised, SniffError> {
    recognise(
        Cursor::new(bytes),
        bytes.len() as u64,
        &SniffLimits::default(),
    )
}

/// Decodes to the end and counts the sample frames.
fn decode(bytes: &[u8], extension: &str) -> audio::Result<u64> {
    let bytes = Box::new(Cursor::new(bytes.to_vec()));
    let mut source = Source::open(bytes, Some(extension), &Limits::default())?;
    let (mut block, mut frames) = (Vec::new(), 0);
    while let Some(more) = source.next_block(&mut block)? {
        frames += more as u64;
    }
    Ok(frames)
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = format!("{}/tests/fixtures", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

/// A WAV with other words in the place of its mark and its two sizes.
fn with_sizes(wav: &[u8], mark: [u8; 4], whole: u32, samples: u32) -> Vec<u8> {
    let mut bytes = wav.to_vec();
    let data = wav.windows(4).position(|word| word == b"data").unwrap() + 4;
    bytes.splice(..4, mark);
    bytes.splice(4..8, whole.to_le_bytes());
    bytes.splice(data..data + 4, samples.to_le_bytes());
    bytes
}

#[test]
fn every_fixture_that_is_accepted_decodes_to_its_end() {
    let mut accepted = 0;
    for (name, bytes) in fixtures() {
        let Ok(found) = sniff(&bytes) else { continue };
        accepted += 1;
        let frames = decode(&bytes, found.extension).unwrap_or_else(|e| panic!("{name}: {e}"));
        if let Some(declared) = found.frames.filter(|_| found.bits.is_some()) {
            assert_eq!(frames, declared, "{name}");
        }
    }
    assert!(accepted >= 19, "{accepted}");
}

#[test]
fn every_way_to_leave_a_wave_s_sizes_open_decodes_to_what_was_recognised() {
    let fixture = |wanted: &str| {
        let found = fixtures().into_iter().find(|(name, _)| name == wanted);
        found.unwrap().1
    };
    let (plain, wide) = (fixture("sine.wav"), fixture("sine_rf64.wav"));
    let sox = 0x7fff_f000;
    let exact = u32::try_from(plain.len()).unwrap() - 8;
    let mut cases = vec![with_sizes(&wide, *b"BW64", u32::MAX, u32::MAX)];
    for samples in [0, sox, u32::MAX] {
        for whole in [0, 4, exact, sox + 36, u32::MAX] {
            cases.push(with_sizes(&plain, *b"RIFF", whole, samples));
        }
    }
    cases.push(with_sizes(&plain, *b"RIFF", 0, 882 * 4));
    for (case, bytes) in cases.iter().enumerate() {
        let found = sniff(bytes).unwrap();
        let frames = decode(bytes, found.extension).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!(found.frames, Some(frames), "{case}");
    }
}
