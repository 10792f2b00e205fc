//! What may come in: every encoding of uncompressed samples, odd headers, compressed tracks of
//! every rate at their exact length.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "files that are made here are what they should be, or the test fails"
)]

mod downmix;
mod files;
mod signals;

use std::io::Cursor;

use audio::decode::Place;
use audio::{AudioError, Limits, Source};
use files::trickle::Trickle;
use files::{Fmt, aifc, caf, chunk, fmt, long_chunk, plain, riff, wave64};
use proptest::prelude::*;
use signals::{decode, open, read};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;

/// Bytes without a pattern, of whole frames of any encoding here, and more than one block.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..48 * 5_003).map(|_| next()).collect()
}

/// Floats from -2 to 2 with both zeros.
fn floats() -> Vec<f64> {
    let noise = noise();
    let words = noise.as_chunks::<4>().0.iter();
    let mut floats: Vec<f64> = words
        .map(|word| f64::from(i32::from_le_bytes(*word)) / f64::from(1 << 30))
        .collect();
    floats[0] = 0.0;
    floats[1] = -0.0;
    floats
}

fn f32_bytes(bytes: fn(f32) -> [u8; 4]) -> Vec<u8> {
    floats()
        .iter()
        .flat_map(|float| bytes(*float as f32))
        .collect()
}

fn f64_bytes(bytes: fn(f64) -> [u8; 8]) -> Vec<u8> {
    floats().iter().flat_map(|float| bytes(*float)).collect()
}

/// What symphonia makes of a file on its own.
fn by_symphonia(file: Vec<u8>) -> Vec<f32> {
    let stream = MediaSourceStream::new(
        Box::new(Cursor::new(file)),
        MediaSourceStreamOptions::default(),
    );
    let mut reader = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap();
    let Some(CodecParameters::Audio(params)) = &track.codec_params else {
        panic!("no audio");
    };
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .unwrap();
    let mut samples = Vec::new();
    let mut block = Vec::<f32>::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        let buffer = decoder.decode(&packet).unwrap();
        buffer.copy_to_vec_interleaved(&mut block);
        samples.extend_from_slice(&block);
    }
    samples
}

/// Both zeros are one: a source makes silence of what nobody can hear.
fn bits_of(samples: &[f32]) -> Vec<u32> {
    samples
        .iter()
        .map(|sample| (sample + 0.0).to_bits())
        .collect()
}

#[test]
fn every_encoding_gives_the_very_bits_that_symphonia_gives() {
    let data = noise();
    let wide = |fmt: Fmt| Fmt {
        extended: Some((fmt.bits, 3)),
        ..fmt
    };
    let little = f32_bytes(f32::to_le_bytes);
    let cases = [
        ("pcm_u8", plain(fmt(PCM, 8), &data)),
        ("pcm_s16le", plain(fmt(PCM, 16), &data)),
        ("pcm_s24le", plain(fmt(PCM, 24), &data)),
        ("pcm_s32le", plain(fmt(PCM, 32), &data)),
        ("pcm_s24le", plain(wide(fmt(PCM, 24)), &data)),
        ("pcm_f32le", plain(fmt(FLOAT, 32), &little)),
        ("pcm_f32le", plain(wide(fmt(FLOAT, 32)), &little)),
        (
            "pcm_f64le",
            plain(fmt(FLOAT, 64), &f64_bytes(f64::to_le_bytes)),
        ),
        ("pcm_alaw", plain(fmt(A_LAW, 8), &data)),
        ("pcm_mulaw", plain(fmt(MU_LAW, 8), &data)),
        ("pcm_s8", aifc(*b"NONE", 8, &data)),
        ("pcm_s16be", aifc(*b"NONE", 16, &data)),
        ("pcm_s24be", aifc(*b"NONE", 24, &data)),
        ("pcm_s32be", aifc(*b"NONE", 32, &data)),
        ("pcm_s16le", aifc(*b"sowt", 16, &data)),
        (
            "pcm_f32be",
            aifc(*b"fl32", 32, &f32_bytes(f32::to_be_bytes)),
        ),
        (
            "pcm_f64be",
            aifc(*b"fl64", 64, &f64_bytes(f64::to_be_bytes)),
        ),
        ("pcm_alaw", aifc(*b"alaw", 16, &data)),
        ("pcm_mulaw", aifc(*b"ulaw", 16, &data)),
        ("pcm_s16be", caf(0, 16, &data)),
        ("pcm_s24be", caf(0, 24, &data)),
        ("pcm_s24le", caf(2, 24, &data)),
        ("pcm_s32le", caf(2, 32, &data)),
        ("pcm_f32le", caf(3, 32, &little)),
    ];
    for (codec, file) in cases {
        let (source, samples) = decode(file.clone()).unwrap_or_else(|e| panic!("{codec}: {e}"));
        let info = source.info();
        assert_eq!(info.codec, codec, "{info:?}");
        assert_eq!(info.frames, Some(samples.len() as u64 / 2), "{info:?}");
        assert!(samples.len() >= 48 * 5_003 / 8, "{info:?}");
        let expected = by_symphonia(file);
        assert!(bits_of(&samples) == bits_of(&expected), "{info:?}");
    }
}

#[test]
fn samples_of_fewer_bits_than_their_room_fill_it_from_above() {
    // The same 20-bit samples in three bytes and in four.
    let values: Vec<i32> = (-500..500).map(|n| n * 1_048).collect();
    let three: Vec<u8> = values
        .iter()
        .flat_map(|value| (value << 12).to_le_bytes()[1..].to_vec())
        .collect();
    let four: Vec<u8> = values
        .iter()
        .flat_map(|value| (value << 12).to_le_bytes())
        .collect();
    let expected: Vec<f32> = values
        .iter()
        .map(|value| *value as f32 / 524_288.0)
        .collect();
    let wide = |bytes, extended| Fmt {
        bytes,
        extended,
        ..fmt(PCM, if extended.is_some() { bytes * 8 } else { 20 })
    };
    for (bits, file) in [
        (20, plain(wide(3, None), &three)),
        (20, plain(wide(4, None), &four)),
        (20, plain(wide(3, Some((20, 3))), &three)),
        (20, plain(wide(4, Some((20, 3))), &four)),
        (24, plain(wide(3, Some((0, 3))), &three)),
        (24, plain(wide(3, Some((99, 3))), &three)),
        (
            20,
            wave64(&[
                long_chunk(*b"fmt ", &wide(3, Some((20, 3))).body()),
                long_chunk(*b"data", &three),
            ]),
        ),
    ] {
        let (source, samples) = decode(file).unwrap();
        assert_eq!(source.info().bits, Some(bits));
        assert!(samples == expected, "{:?}", source.info());
    }
}

/// 101 frames of 24 bits, whose bytes are an even number and no multiple of eight.
fn short() -> Vec<u8> {
    noise()[..101 * 6].to_vec()
}

fn short_samples() -> Vec<f32> {
    decode(plain(fmt(PCM, 24), &short())).unwrap().1
}

#[test]
fn a_wave64_is_read_like_a_wave() {
    let format = long_chunk(*b"fmt ", &fmt(PCM, 24).body());
    let other = long_chunk(*b"bext", &[7; 13]);
    let data = long_chunk(*b"data", &short());
    let whole = wave64(&[other.clone(), format.clone(), data.clone(), other.clone()]);
    let (source, samples) = decode(whole.clone()).unwrap();
    assert_eq!(source.info().format, "w64");
    assert_eq!(source.info().codec, "pcm_s24le");
    assert_eq!(source.info().frames, Some(101));
    assert!(samples == short_samples());

    // A writer that did not come back to write the sizes.
    for size in [0, u64::MAX, i64::MAX as u64] {
        let mut streamed = wave64(&[format.clone(), data.clone()]);
        let at = streamed.len() - 608 - 8;
        assert_eq!(streamed[at..at + 8], 630_u64.to_le_bytes());
        streamed[at..at + 8].copy_from_slice(&size.to_le_bytes());
        streamed[16..24].copy_from_slice(&size.to_le_bytes());
        // Up to the file's end, of which two bytes fill up the last eight.
        assert!(decode(streamed).unwrap().1 == short_samples(), "{size}");
    }

    let cut = wave64(&[format.clone(), data[..24 + 60 * 6 + 5].to_vec()]);
    assert_truncated(cut, 101, 60);
    let no_format = wave64(std::slice::from_ref(&data));
    assert_eq!(decode(no_format).unwrap_err().code(), "corrupt");
    let mut other_form = whole;
    other_form[24..28].copy_from_slice(b"avi ");
    assert_eq!(decode(other_form).unwrap_err().code(), "unsupported_format");
    let compressed = wave64(&[long_chunk(*b"fmt ", &fmt(0x55, 16).body()), data]);
    assert_eq!(decode(compressed).unwrap_err().code(), "unsupported_format");
}

/// All whole frames come, and then the error.
fn assert_truncated(file: Vec<u8>, declared: u64, there: u64) {
    let mut source = open(file).unwrap();
    let mut samples = Vec::new();
    let mut block = Vec::new();
    let error = loop {
        match source.next_block(&mut block) {
            Ok(Some(_)) => samples.extend_from_slice(&block),
            Ok(None) => panic!("not found truncated"),
            Err(error) => break error,
        }
    };
    assert!(block.is_empty());
    assert!(samples == short_samples()[..there as usize * 2]);
    let AudioError::Truncated {
        declared: d,
        decoded,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((d, decoded), (Some(declared), there));
    assert!(source.next_block(&mut block).unwrap().is_none());
}

#[test]
fn a_wave_that_ends_early_gives_every_whole_frame_it_has() {
    let file = plain(fmt(PCM, 24), &short());
    assert_truncated(file[..44 + 100 * 6].to_vec(), 101, 100);
    assert_truncated(file[..44 + 37 * 6 + 5].to_vec(), 101, 37);
}

#[test]
fn odd_headers_are_read_through() {
    let format = chunk(*b"fmt ", &fmt(PCM, 24).body());
    let data = chunk(*b"data", &short());
    let unpadded = |name: [u8; 4], length: usize| {
        let mut odd = chunk(name, &vec![b'x'; length]);
        odd.pop();
        odd
    };
    let list = chunk(*b"LIST", b"INFOICMT\x04\0\0\0abc\0");
    let files = [
        (
            "chunks first",
            riff(&[
                chunk(*b"JUNK", &[0; 28]),
                chunk(*b"bext", &[1; 603]),
                chunk(*b"iXML", b"<BWFXML/>"),
                format.clone(),
                data.clone(),
            ]),
        ),
        (
            "no pad byte",
            riff(&[
                unpadded(*b"bext", 7),
                format.clone(),
                unpadded(*b"junk", 9),
                data.clone(),
            ]),
        ),
        (
            "chunks behind",
            riff(&[format.clone(), data.clone(), list.clone()]),
        ),
        (
            "a longer format",
            riff(&[
                chunk(*b"fmt ", &[fmt(PCM, 24).body(), vec![0; 30]].concat()),
                data.clone(),
            ]),
        ),
        (
            "half a chunk behind",
            riff(&[format.clone(), data.clone(), b"LIS".to_vec()]),
        ),
        (
            "a second data chunk",
            riff(&[format.clone(), data.clone(), data.clone()]),
        ),
    ];
    for (what, file) in files {
        let (source, samples) = decode(file).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(source.info().frames, Some(101), "{what}");
        assert!(samples == short_samples(), "{what}");
    }
    // Samples of an odd number of bytes, and no pad byte behind them.
    let mono = Fmt {
        channels: 1,
        ..fmt(PCM, 24)
    };
    let mut odd = riff(&[
        chunk(*b"fmt ", &mono.body()),
        chunk(*b"data", &short()[..303]),
    ]);
    odd.pop();
    assert_eq!(decode(odd).unwrap().1.len(), 101);
    // Whoever wrote the file's size knew that there are no samples, and not that tags are some.
    let empty = riff(&[format, chunk(*b"data", &[]), list]);
    assert_eq!(decode(empty).unwrap_err().code(), "empty");
}

#[test]
fn impossible_formats_are_refused_by_name() {
    let refused = |fmt: Fmt| decode(plain(fmt, &short())).unwrap_err().code();
    assert_eq!(
        refused(Fmt {
            channels: 0,
            ..fmt(PCM, 24)
        }),
        "corrupt"
    );
    assert_eq!(
        refused(Fmt {
            channels: 9,
            ..fmt(PCM, 8)
        }),
        "too_many_channels"
    );
    assert_eq!(refused(fmt(PCM, 0)), "corrupt");
    assert_eq!(refused(fmt(PCM, 40)), "corrupt");
    assert_eq!(refused(fmt(FLOAT, 24)), "corrupt");
    assert_eq!(refused(fmt(A_LAW, 16)), "corrupt");
    assert_eq!(refused(fmt(0x1234, 16)), "unsupported_format");
    let short_format = riff(&[chunk(*b"fmt ", &[1; 12]), chunk(*b"data", &short())]);
    assert_eq!(decode(short_format).unwrap_err().code(), "corrupt");
    let mut cut_extension = Fmt {
        extended: Some((24, 3)),
        ..fmt(PCM, 24)
    }
    .body();
    cut_extension.truncate(30);
    let cut_extension = riff(&[chunk(*b"fmt ", &cut_extension), chunk(*b"data", &short())]);
    assert_eq!(decode(cut_extension).unwrap_err().code(), "corrupt");
}

#[test]
fn rates_from_8_to_384_khz_are_taken() {
    for rate in [
        8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 352_800,
        384_000,
    ] {
        let file = plain(
            Fmt {
                rate,
                ..fmt(PCM, 24)
            },
            &short(),
        );
        let (source, samples) = decode(file).unwrap();
        assert_eq!(source.info().sample_rate_hz, rate);
        assert_eq!(samples.len(), 202);
    }
    for rate in [0, 7_999, 384_001, u32::MAX / 8] {
        let refused = decode(plain(
            Fmt {
                rate,
                ..fmt(PCM, 24)
            },
            &short(),
        ));
        assert_eq!(refused.unwrap_err().code(), "unsupported_sample_rate");
    }
}

/// Compressed tracks whose name says rate and length.
macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("fixtures/", $name)).to_vec())),*]
    };
}

#[test]
fn the_encoders_delay_and_padding_are_cut_off_to_the_frame() {
    for (name, file) in fixtures![
        "length_11025_4001.mp3",
        "length_44100_7001.mp3",
        "length_44100_7001.m4a",
        "length_96000_7001.m4a",
        "length_32000_5003.ogg",
        "length_192000_9001.ogg",
        "length_48000_7001.opus",
        "length_176400_4001.m4a",
        "length_88200_4001.caf",
        "length_8000_3001.flac",
    ] {
        let mut numbers = name.split(['_', '.']).skip(1);
        let rate: u32 = numbers.next().unwrap().parse().unwrap();
        let frames: usize = numbers.next().unwrap().parse().unwrap();
        let (source, samples) = decode(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(source.info().sample_rate_hz, rate, "{name}");
        assert_eq!(samples.len() / 2, frames, "{name}");
        // The sine begins where it began, to a sample: what is there is in step with what
        // was encoded.
        let (mut sine, mut cosine, mut ss, mut sc, mut cc) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for n in frames / 4..frames * 3 / 4 {
            let turns = 500.0 * n as f64 / f64::from(rate);
            let (s, c) = (std::f64::consts::TAU * turns).sin_cos();
            sine += f64::from(samples[n * 2]) * s;
            cosine += f64::from(samples[n * 2]) * c;
            ss += s * s;
            sc += s * c;
            cc += c * c;
        }
        // Least squares, as these are no whole periods.
        let (sine, cosine) = (sine * cc - cosine * sc, cosine * ss - sine * sc);
        let late = -cosine.atan2(sine) / std::f64::consts::TAU * f64::from(rate) / 500.0;
        assert!(late.abs() < 1.0, "{name}: {late}");
    }
}

#[test]
fn channels_come_in_the_order_of_their_loudspeakers() {
    for (name, file) in fixtures!["five_one.flac", "five_one.m4a"] {
        let (source, samples) = decode(file.clone()).unwrap();
        assert_eq!(source.info().channels, 6, "{name}");
        assert_eq!(source.places(), Place::usual(6), "{name}");
        for channel in 0..6 {
            let of_it = samples.iter().skip(channel).step_by(6);
            let power: f32 = of_it.map(|sample| sample * sample).sum();
            let amplitude = (2.0 * power / (samples.len() / 6) as f32).sqrt();
            let expected = 0.1 * (channel + 1) as f32;
            assert!(
                (amplitude - expected).abs() < 0.001,
                "{name} {channel}: {amplitude}"
            );
        }
        let stereo = open(file).unwrap().into_stereo().unwrap();
        let names: Vec<_> = stereo
            .downmix()
            .unwrap()
            .shares
            .iter()
            .map(|share| share.speaker.clone())
            .collect();
        let sides = ["FL", "FR", "FC", "LFE", "SL", "SR"];
        assert!(
            names == ["FL", "FR", "FC", "LFE", "BL", "BR"] || names == sides,
            "{name}"
        );
    }
}

#[test]
fn vorbis_of_more_than_two_channels_is_refused_rather_than_garbled() {
    let file = include_bytes!("fixtures/five_one.ogg").to_vec();
    assert_eq!(open(file).unwrap_err().code(), "unsupported_format");
}

#[test]
fn tags_of_a_wave_are_read_before_and_behind_the_samples() {
    let format = chunk(*b"fmt ", &fmt(PCM, 24).body());
    let data = chunk(*b"data", &short());
    let list = chunk(
        *b"LIST",
        b"INFOINAM\x05\0\0\0Dawn\0\0IART\x04\0\0\0Eos\0ISFT\x02\0\0\0x\0",
    );
    let id3 = chunk(*b"id3 ", b"ID3\x03\0\0\0\0\0\x10TALB\0\0\0\x06\0\0\0Night");
    for chunks in [
        [format.clone(), list.clone(), id3.clone(), data.clone()],
        [format, data, list, id3],
    ] {
        let tags = open(riff(&chunks)).unwrap().into_tags();
        assert_eq!(tags.get("TITLE"), Some("Dawn"));
        assert_eq!(tags.get("ARTIST"), Some("Eos"));
        assert_eq!(tags.get("ALBUM"), Some("Night"));
        assert_eq!(tags.entries.len(), 3);
    }
}

#[test]
fn a_reader_that_gives_little_at_a_time_gives_the_same_samples() {
    let data = noise();
    let format = long_chunk(*b"fmt ", &fmt(PCM, 24).body());
    for file in [
        plain(fmt(PCM, 24), &data),
        wave64(&[format, long_chunk(*b"data", &data)]),
        aifc(*b"NONE", 16, &data),
        caf(0, 24, &data),
        include_bytes!("fixtures/length_32000_5003.ogg").to_vec(),
        include_bytes!("fixtures/length_44100_7001.m4a").to_vec(),
        include_bytes!("fixtures/length_8000_3001.flac").to_vec(),
    ] {
        let whole = decode(file.clone()).unwrap().1;
        let trickle = Trickle::new(file);
        let source = Source::open(Box::new(trickle), None, &Limits::default()).unwrap();
        let info = source.info().clone();
        assert!(read(source) == whole, "{info:?}");
    }
}

#[test]
fn a_header_that_promises_huge_packets_is_refused_before_room_is_made_for_them() {
    let mut file = caf(0, 24, &short());
    // Frames a packet: the fourth number after the format's name.
    let at = file.windows(4).position(|word| word == b"lpcm").unwrap() + 12;
    file[at..at + 4].copy_from_slice(&0x8600_0001_u32.to_be_bytes());
    assert_eq!(decode(file).unwrap_err().code(), "corrupt");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_damage_to_a_header_is_survived(
        which in 0_usize..5,
        flips in prop::collection::vec((0_usize..260, any::<u8>()), 1..8),
        keep in 0_usize..1_200,
    ) {
        let format = Fmt { extended: Some((24, 3)), ..fmt(PCM, 24) }.body();
        let mut file = match which {
            0 => wave64(&[long_chunk(*b"fmt ", &format), long_chunk(*b"data", &short())]),
            1 => riff(&[chunk(*b"bext", &[1; 61]), chunk(*b"fmt ", &format), chunk(*b"data", &short())]),
            2 => riff(&[
                chunk(*b"fmt ", &format),
                chunk(*b"data", &[9; 12]),
                chunk(*b"LIST", b"INFOINAM\x05\0\0\0Dawn\0\0IART\x04\0\0\0Eos\0"),
                chunk(*b"id3 ", b"ID3\x03\0\0\0\0\0\x10TALB\0\0\0\x06\0\0\0Night"),
            ]),
            3 => aifc(*b"NONE", 24, &short()),
            _ => caf(0, 24, &short()),
        };
        for (at, value) in flips {
            let at = at % file.len();
            file[at] ^= value;
        }
        file.truncate(keep.max(40));
        let size = file.len();
        if let Ok((source, samples)) = decode(file) {
            // A sample takes a byte at least, but for codecs that a flip may turn it into.
            prop_assert!(samples.len() <= size * 4, "{:?}", source.info());
            prop_assert!(samples.iter().all(|sample| sample.is_finite()));
        }
    }
}
