//! One signal out of all channels, and a slow copy of it for what needs no treble.

use std::f64::consts::PI;

use pulp::{Simd, WithSimd};

use crate::kernel;

/// Each channel counts a little less than the one before it: channels in opposite phase, which
/// a plain sum would lose, only become quieter.
const NEXT_WEIGHT: f32 = 0.75;

/// Mixes blocks of planes.
pub(crate) struct Mix {
    weights: Vec<f32>,
    mixed: Vec<f32>,
}

impl Mix {
    pub(crate) fn new(channels: usize) -> Self {
        let weights: Vec<f32> =
            std::iter::successors(Some(1.0), |weight| Some(weight * NEXT_WEIGHT))
                .take(channels)
                .collect();
        let sum: f32 = weights.iter().sum();
        Self {
            weights: weights.iter().map(|weight| weight / sum).collect(),
            mixed: Vec::new(),
        }
    }

    /// The mix of one block.
    pub(crate) fn mix(&mut self, planes: &[Vec<f32>]) -> &[f32] {
        let length = planes.iter().map(Vec::len).min().unwrap_or(0);
        self.mixed.clear();
        self.mixed.resize(length, 0.0);
        for (plane, &weight) in planes.iter().zip(&self.weights) {
            kernel::run(Add {
                sums: &mut self.mixed,
                plane,
                weight,
            });
        }
        &self.mixed
    }
}

/// The kernel of the mix: adds a weighted plane.
struct Add<'a> {
    sums: &'a mut [f32],
    plane: &'a [f32],
    weight: f32,
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let weight = simd.splat_f32s(self.weight);
        let (sums, sums_rest) = S::as_mut_simd_f32s(self.sums);
        let (samples, samples_rest) = S::as_simd_f32s(self.plane);
        for (sum, sample) in sums.iter_mut().zip(samples) {
            *sum = simd.mul_add_e_f32s(weight, *sample, *sum);
        }
        for (sum, sample) in sums_rest.iter_mut().zip(samples_rest) {
            *sum += self.weight * sample;
        }
    }
}

/// Rates below this are not halved further.
const LOWEST_RATE_HZ: f64 = 16_000.0;
/// Taps for each sample of the slow signal.
const TAPS_PER_STEP: usize = 8;

/// Keeps one sample in `step`, after a low pass.
pub(crate) struct Slower {
    step: usize,
    taps: Vec<f32>,
    held: Vec<f32>,
    slow: Vec<f32>,
}

impl Slower {
    /// Brings a sample rate to 8 to 16 kHz; lower ones stay.
    pub(crate) fn new(sample_rate_hz: f64) -> Self {
        let mut step = 1;
        while sample_rate_hz / step as f64 >= LOWEST_RATE_HZ {
            step *= 2;
        }
        let length = step * TAPS_PER_STEP;
        // A Hann-windowed sinc that passes four fifths of half the slow rate.
        let cutoff = 0.8 / step as f64;
        let taps: Vec<f64> = (0..length)
            .map(|n| {
                let x = n as f64 - (length as f64 - 1.0) / 2.0;
                let sinc = if x == 0.0 {
                    cutoff
                } else {
                    (PI * x * cutoff).sin() / (PI * x)
                };
                sinc * (PI * x / length as f64).cos().powi(2)
            })
            .collect();
        let sum: f64 = taps.iter().sum();
        #[expect(clippy::cast_possible_truncation, reason = "the kernel runs in f32")]
        let taps = taps.iter().map(|tap| (tap / sum) as f32).collect();
        Self {
            step,
            taps,
            held: Vec::new(),
            slow: Vec::new(),
        }
    }

    /// Samples that become one.
    pub(crate) fn step(&self) -> usize {
        self.step
    }

    /// The slow samples that these complete.
    pub(crate) fn push<'a>(&'a mut self, samples: &'a [f32]) -> &'a [f32] {
        if self.step == 1 {
            return samples;
        }
        self.held.extend_from_slice(samples);
        self.slow.clear();
        kernel::run(Filter {
            taps: &self.taps,
            samples: &self.held,
            step: self.step,
            slow: &mut self.slow,
        });
        self.held.drain(..self.slow.len() * self.step);
        &self.slow
    }
}

/// The kernel of the low pass: one sum of products for every `step` samples.
struct Filter<'a> {
    taps: &'a [f32],
    samples: &'a [f32],
    step: usize,
    slow: &'a mut Vec<f32>,
}

impl WithSimd for Filter<'_> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // The taps are a multiple of 16, the longest register.
        let (taps, _) = S::as_simd_f32s(self.taps);
        let mut at = 0;
        while let Some(window) = self.samples.get(at..at + self.taps.len()) {
            let (window, _) = S::as_simd_f32s(window);
            let mut sum = simd.splat_f32s(0.0);
            for (sample, tap) in window.iter().zip(taps) {
                sum = simd.mul_add_e_f32s(*sample, *tap, sum);
            }
            self.slow.push(simd.reduce_sum_f32s(sum));
            at += self.step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::signals::sine;
    use super::*;

    #[test]
    fn opposite_channels_do_not_vanish() {
        let left = sine(48_000, 0.1, 1_000.0, 0.7);
        let right: Vec<f32> = left.iter().map(|x| -x).collect();
        let mut mix = Mix::new(2);
        let peak = |mixed: &[f32]| mixed.iter().copied().fold(0.0, f32::max);
        assert!((peak(mix.mix(&[left.clone(), right])) - 0.1).abs() < 1e-3);
        assert!((peak(mix.mix(&[left.clone(), left])) - 0.7).abs() < 1e-3);
    }

    #[test]
    fn the_slow_copy_keeps_the_bass_and_drops_the_treble() {
        for rate in [8_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            let mut slower = Slower::new(f64::from(rate));
            let slow_rate = f64::from(rate) / slower.step() as f64;
            assert!((8_000.0..16_000.0).contains(&slow_rate), "{slow_rate}");
            let mut gain = |hz: f64| {
                let plane = sine(rate, 0.5, hz, 1.0);
                let mut energy = 0.0;
                let mut count = 0;
                for block in plane.chunks(1_000) {
                    let slow = slower.push(block);
                    energy += slow.iter().map(|x| f64::from(x * x)).sum::<f64>();
                    count += slow.len();
                }
                (2.0 * energy / count as f64).sqrt()
            };
            assert!((gain(440.0) - 1.0).abs() < 0.03, "{rate}");
            assert!((gain(2_000.0) - 1.0).abs() < 0.1, "{rate}");
            if slower.step() > 1 {
                let mut slower = Slower::new(f64::from(rate));
                let alias = slow_rate - 1_000.0;
                let plane = sine(rate, 0.5, alias, 1.0);
                let slow = slower.push(&plane);
                let energy: f64 = slow.iter().map(|x| f64::from(x * x)).sum();
                assert!(energy / (slow.len() as f64) < 0.005, "{rate}");
            }
        }
    }
}
