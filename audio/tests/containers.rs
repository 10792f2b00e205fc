//! One and the same sound in different wrappings decodes to one and the same samples.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "files that are made here are what they should be, or the test fails"
)]

mod signals;

use signals::{decode, music, wav};

/// Samples of 32-bit floats begin here in a file of [`wav`].
const HEADER: usize = 44;

fn sound() -> Vec<f32> {
    music(44_100, 0.3, 0.5, 1)
}

fn le(value: usize) -> [u8; 4] {
    (value as u32).to_le_bytes()
}

/// RF64 or BW64 with its size of the samples in 64 bits, and a chunk behind them.
fn wide(mark: [u8; 4], size: u64) -> Vec<u8> {
    let plain = wav(44_100, 2, &sound());
    let ds64 = [&[0; 8], &size.to_le_bytes()[..], &[0; 12]].concat();
    [
        &mark[..],
        &[0xff; 4],
        b"WAVEds64",
        &le(ds64.len()),
        &ds64,
        &plain[12..HEADER - 4],
        &[0xff; 4],
        &plain[HEADER..],
        b"LIST\x08\0\0\0INFOjunk",
    ]
    .concat()
}

#[test]
fn a_wide_wave_ends_where_its_64_bit_size_says() {
    let size = sound().len() as u64 * 4;
    for mark in [*b"RF64", *b"BW64"] {
        let (source, samples) = decode(wide(mark, size)).unwrap();
        assert_eq!(source.info().format, "wav");
        assert_eq!(source.info().frames, Some(size / 8));
        assert!(samples == sound());
    }
}

#[test]
fn a_wide_wave_that_holds_less_than_it_says_is_truncated() {
    let size = sound().len() as u64 * 4;
    let error = decode(wide(*b"RF64", size + 800)).unwrap_err();
    assert_eq!(error.code(), "truncated");
    // Beyond what 32 bits can say, within the limit of four hours.
    let error = decode(wide(*b"RF64", 4_400_000_000)).unwrap_err();
    assert_eq!(error.code(), "truncated");
}

#[test]
fn a_wave_whose_writer_did_not_know_its_size_is_read_to_its_end() {
    for riff in [0, 0x7fff_f024, u32::MAX] {
        for data in [0, 0x7fff_f000, u32::MAX] {
            let mut file = wav(44_100, 2, &sound());
            file[4..8].copy_from_slice(&riff.to_le_bytes());
            file[40..44].copy_from_slice(&data.to_le_bytes());
            let (_, samples) = decode(file).unwrap_or_else(|e| panic!("{riff} {data}: {e}"));
            assert!(samples == sound(), "{riff} {data}");
        }
    }
}

#[test]
fn the_size_of_the_whole_wave_plays_no_part() {
    for riff in [0, 4, 100, 0x7fff_f024, u32::MAX] {
        let mut file = wav(44_100, 2, &sound());
        file[4..8].copy_from_slice(&le(riff as usize));
        file.extend(b"LIST\x08\0\0\0INFOjunk");
        assert!(decode(file).unwrap().1 == sound());
    }
}

#[test]
fn a_count_of_frames_that_is_a_placeholder_is_not_believed() {
    let plain = wav(44_100, 2, &sound());
    let file = [
        &plain[..36],
        b"fact\x04\0\0\0\xff\xff\xff\xffdata\xff\xff\xff\xff",
        &plain[HEADER..],
    ]
    .concat();
    assert!(decode(file).unwrap().1 == sound());
}

#[test]
fn a_wave_without_samples_is_empty_whatever_its_sizes() {
    for data in [0, 0x7fff_f000, u32::MAX] {
        let mut file = wav(44_100, 2, &[]);
        file[40..44].copy_from_slice(&data.to_le_bytes());
        assert_eq!(decode(file).unwrap_err().code(), "empty");
    }
}

#[test]
fn opus_in_an_mp4_loses_its_delay_once_as_in_ogg() {
    let (_, ogg) = decode(include_bytes!("fixtures/sine.opus").to_vec()).unwrap();
    let (source, mp4) = decode(include_bytes!("fixtures/sine_opus.mp4").to_vec()).unwrap();
    assert_eq!(source.info().frames, Some(19_200));
    assert_eq!(mp4.len(), 19_200);
    assert!(mp4 == ogg[..mp4.len().min(ogg.len())]);
}
