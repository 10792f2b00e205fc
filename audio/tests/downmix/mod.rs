//! More than two channels become two, by the stated factors or not at all.

use audio::decode::Place;

use crate::files::{Fmt, fmt, plain};
use crate::signals::{decode, open, read};
use crate::{FLOAT, PCM, short};

/// A float file of one frame a channel, in which only that channel sounds, at 0.8.
fn one_by_one(channels: u16, mask: u32) -> Vec<u8> {
    let each = usize::from(channels);
    let samples = (0..each * each).map(|n| if n / each == n % each { 0.8_f32 } else { 0.0 });
    let data: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    let format = Fmt {
        channels,
        extended: Some((32, mask)),
        ..fmt(FLOAT, 32)
    };
    plain(format, &data)
}

/// What a channel gives to left and right.
type Factors = (f64, f64);

#[test]
fn more_than_two_channels_become_two_by_the_stated_factors() {
    const H: f64 = std::f64::consts::FRAC_1_SQRT_2;
    let (far, near) = (
        std::f64::consts::FRAC_PI_8.cos(),
        std::f64::consts::FRAC_PI_8.sin(),
    );
    let (left, right, both) = ((1.0, 0.0), (0.0, 1.0), (H, H));
    let (low, behind) = ((0.0, 0.0), (0.5, 0.5));
    let (surround_left, surround_right) = ((H, 0.0), (0.0, H));
    let cases: [(&str, u32, &[Factors]); 10] = [
        ("3.0", 0x7, &[left, right, both]),
        ("2.1", 0xb, &[left, right, low]),
        ("3.0", 0x103, &[left, right, behind]),
        ("4.0", 0x107, &[left, right, both, behind]),
        ("4.0", 0x33, &[left, right, surround_left, surround_right]),
        (
            "5.0",
            0x607,
            &[left, right, both, surround_left, surround_right],
        ),
        (
            "5.1",
            0x3f,
            &[left, right, both, low, surround_left, surround_right],
        ),
        (
            "6.1",
            0x70f,
            &[
                left,
                right,
                both,
                low,
                behind,
                surround_left,
                surround_right,
            ],
        ),
        (
            "7.1",
            0x63f,
            &[
                left,
                right,
                both,
                low,
                surround_left,
                surround_right,
                surround_left,
                surround_right,
            ],
        ),
        (
            "7.1",
            0xff,
            &[
                left,
                right,
                both,
                low,
                surround_left,
                surround_right,
                (far, near),
                (near, far),
            ],
        ),
    ];
    for (name, mask, factors) in cases {
        let source = open(one_by_one(factors.len() as u16, mask)).unwrap();
        assert!(source.downmix().is_none());
        let source = source.into_stereo().unwrap();
        assert_eq!(source.info().channels, 2);
        assert_eq!(source.places(), [Place::Front; 2]);
        let downmix = source.downmix().unwrap().clone();
        assert_eq!(downmix.from, name);
        let samples = read(source);
        assert_eq!(samples.len(), factors.len() * 2);
        for (n, (left, right)) in factors.iter().enumerate() {
            let share = &downmix.shares[n];
            assert!((share.left - left).abs() < 1e-12, "{name} {share:?}");
            assert!((share.right - right).abs() < 1e-12, "{name} {share:?}");
            let expected = [left, right].map(|factor| (factor * f64::from(0.8_f32)) as f32);
            assert!(samples[n * 2..n * 2 + 2] == expected, "{name} {n}");
        }
    }
}

#[test]
fn a_downmix_is_neither_clipped_nor_scaled() {
    let format = Fmt {
        channels: 6,
        extended: Some((32, 0x3f)),
        ..fmt(FLOAT, 32)
    };
    let data: Vec<u8> = [1.0_f32; 6].iter().flat_map(|s| s.to_le_bytes()).collect();
    let samples = read(open(plain(format, &data)).unwrap().into_stereo().unwrap());
    let sum = (1.0 + std::f64::consts::SQRT_2) as f32;
    assert_eq!(samples, [sum, sum]);
}

#[test]
fn mono_and_stereo_pass_untouched_and_unknown_layouts_are_refused() {
    for channels in [1, 2] {
        let format = Fmt {
            channels,
            ..fmt(PCM, 24)
        };
        let file = plain(format, &short());
        let source = open(file.clone()).unwrap().into_stereo().unwrap();
        assert!(source.downmix().is_none());
        assert_eq!(source.info().channels, channels);
        assert!(read(source) == decode(file).unwrap().1);
    }
    // A loudspeaker overhead, a channel without a name, and a front without its pair.
    for (channels, mask) in [(8, 0x503f), (3, 0x3), (3, 0x604)] {
        let source = open(one_by_one(channels, mask)).unwrap();
        let error = source.into_stereo().unwrap_err();
        assert_eq!(error.code(), "too_many_channels", "{mask:#x}");
    }
}

#[test]
fn without_a_mask_the_usual_layout_is_meant() {
    for (channels, name) in [
        (3, "3.0"),
        (4, "4.0"),
        (5, "5.0"),
        (6, "5.1"),
        (7, "6.1"),
        (8, "7.1"),
    ] {
        let source = open(one_by_one(channels, 0)).unwrap();
        assert_eq!(source.places(), Place::usual(usize::from(channels)));
        let source = source.into_stereo().unwrap();
        assert_eq!(source.downmix().unwrap().from, name);
    }
}
