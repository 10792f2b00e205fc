//! Synthesised signals for the tests of this folder.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "support for tests"
)]

use std::f64::consts::PI;

/// Seconds to frames.
pub(crate) fn frames(rate: u32, seconds: f64) -> usize {
    (seconds * f64::from(rate)).round() as usize
}

/// One channel of a sine.
pub(crate) fn sine(rate: u32, seconds: f64, hz: f64, level: f64) -> Vec<f32> {
    (0..frames(rate, seconds))
        .map(|n| (level * (2.0 * PI * hz * n as f64 / f64::from(rate)).sin()) as f32)
        .collect()
}

/// Uniform values between -1 and 1, seeded.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    }
}

/// Noise that loses its highest octave, as recordings do: the mean of four neighbours.
pub(crate) fn noise(rate: u32, seconds: f64, level: f64, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    let mut last = [0.0; 4];
    (0..frames(rate, seconds))
        .map(|n| {
            last[n % 4] = random.next();
            (level * last.iter().sum::<f64>() / 2.0) as f32
        })
        .collect()
}

/// White noise.
pub(crate) fn white(rate: u32, seconds: f64, level: f64, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..frames(rate, seconds))
        .map(|_| (level * random.next()) as f32)
        .collect()
}

/// Rounds to so many bits, clipping at full scale.
pub(crate) fn quantised(plane: &[f32], bits: i32) -> Vec<f32> {
    let steps = 2.0_f64.powi(bits - 1);
    plane
        .iter()
        .map(|x| ((f64::from(*x) * steps).round().clamp(-steps, steps - 1.0) / steps) as f32)
        .collect()
}

/// The same sound dying away: after so many seconds 1/e of it is left.
pub(crate) fn decaying(rate: u32, plane: &[f32], seconds: f64) -> Vec<f32> {
    plane
        .iter()
        .enumerate()
        .map(|(n, x)| x * (-(n as f64) / f64::from(rate) / seconds).exp() as f32)
        .collect()
}

/// A windowed-sinc low pass, about 300 Hz wide at 44.1 kHz.
pub(crate) fn low_pass(rate: u32, hz: f64, plane: &[f32]) -> Vec<f32> {
    let half = 500_i32;
    let cut = 2.0 * hz / f64::from(rate);
    let taps: Vec<f32> = (-half..=half)
        .map(|n| {
            let x = PI * f64::from(n);
            let sinc = if n == 0 { cut } else { (x * cut).sin() / x };
            let phase = x / f64::from(half);
            (sinc * (0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())) as f32
        })
        .collect();
    plane
        .windows(taps.len())
        .map(|window| window.iter().zip(&taps).map(|(x, tap)| x * tap).sum())
        .collect()
}
