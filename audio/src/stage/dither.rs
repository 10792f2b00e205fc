//! From floats to whole numbers. To 16 bits with triangular dither, which turns the distortion
//! of rounding into a steady noise at -96 dBFS; to 24 bits by plain rounding, whose error lies
//! below the noise of any converter.
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use pulp::{Simd, WithSimd};

use crate::kernel;
use crate::master::Bits;

/// A small generator (`SplitMix64`) that is given its seed and the number of the value wanted, so
/// that values can be made side by side: the same seed gives the same file.
#[derive(Debug, Clone, Copy)]
struct Noise {
    seed: u64,
}

impl Noise {
    #[inline(always)]
    fn at(self, number: u64) -> u64 {
        let steps = number.wrapping_add(1);
        let mut mixed = self
            .seed
            .wrapping_add(steps.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Triangular between -1 and 1: the difference of two uniform numbers.
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    #[inline(always)]
    fn triangular(self, number: u64) -> f64 {
        let bits = self.at(number);
        let one = f64::from((bits >> 32) as u32);
        let two = f64::from(bits as u32);
        (one - two) / 4_294_967_296.0
    }
}

/// Rounds samples to whole numbers.
#[derive(Debug, Clone)]
pub(crate) struct Quantiser {
    noise: Option<Noise>,
    scale: f64,
    /// Samples so far.
    done: u64,
}

impl Quantiser {
    pub(crate) fn new(bits: Bits, seed: u64) -> Self {
        let (noise, scale) = match bits {
            Bits::B16 => (Some(Noise { seed }), 32_768.0),
            Bits::B24 | Bits::F32 => (None, 8_388_608.0),
        };
        Self {
            noise,
            scale,
            done: 0,
        }
    }

    /// Fills `integers` with the rounded samples and puts what they now stand for back into
    /// `samples`, so that the figures in the report are those of the file.
    pub(crate) fn quantise(&mut self, samples: &mut [f32], integers: &mut Vec<i32>) {
        integers.resize(samples.len(), 0);
        let first = self.done;
        self.done += samples.len() as u64;
        let scale = self.scale;
        match self.noise {
            Some(noise) => kernel::run(Round {
                samples,
                integers,
                scale,
                noise: |n| noise.triangular(first.wrapping_add(n)),
            }),
            None => kernel::run(Round {
                samples,
                integers,
                scale,
                noise: |_| 0.0,
            }),
        }
    }
}

struct Round<'a, N> {
    samples: &'a mut [f32],
    integers: &'a mut [i32],
    /// A power of two.
    scale: f64,
    /// What is added to a sample before it is rounded.
    noise: N,
}

impl<N: Fn(u64) -> f64> WithSimd for Round<'_, N> {
    type Output = ();

    #[expect(clippy::cast_possible_truncation, reason = "clamped to 24 bits before")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (low, high) = (-self.scale, self.scale - 1.0);
        let step = 1.0 / self.scale;
        let places = self.samples.iter_mut().zip(self.integers);
        for (number, (sample, integer)) in (0..).zip(places) {
            let value = f64::from(*sample) * self.scale + (self.noise)(number);
            let rounded = value.round().clamp(low, high);
            *integer = rounded as i32;
            *sample = (rounded * step) as f32;
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;

    #[test]
    fn dither_has_the_mean_and_the_variance_of_a_triangle() {
        let noise = Noise { seed: 7 };
        let values: Vec<f64> = (0..200_000).map(|n| noise.triangular(n)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.003, "{mean}");
        assert!((variance - 1.0 / 6.0).abs() < 0.002, "{variance}");
        assert!(values.iter().all(|value| value.abs() < 1.0));
    }

    #[test]
    fn a_constant_between_two_steps_keeps_its_mean_through_16_bits() {
        let mut samples = vec![0.3 / 32_768.0; 200_000];
        let mut integers = Vec::new();
        Quantiser::new(Bits::B16, 1).quantise(&mut samples, &mut integers);
        let mean = integers.iter().map(|i| f64::from(*i)).sum::<f64>() / integers.len() as f64;
        assert!((mean - 0.3).abs() < 0.01, "{mean}");
    }

    #[test]
    fn samples_of_24_bits_pass_through_24_bits_unchanged() {
        let original: Vec<i32> = vec![-8_388_608, -1, 0, 1, 5_000_001, 8_388_607];
        let mut samples: Vec<f32> = original
            .iter()
            .map(|i| (f64::from(*i) / 8_388_608.0) as f32)
            .collect();
        let mut integers = Vec::new();
        Quantiser::new(Bits::B24, 1).quantise(&mut samples, &mut integers);
        assert_eq!(integers, original);
    }

    #[test]
    fn blocks_of_any_length_are_given_the_same_noise() {
        let quantise = |length: usize| {
            let mut quantiser = Quantiser::new(Bits::B16, 3);
            let (mut all, mut integers) = (Vec::new(), Vec::new());
            for block in vec![0.1_f32; 1_000].chunks_mut(length) {
                quantiser.quantise(block, &mut integers);
                all.extend_from_slice(&integers);
            }
            all
        };
        assert_eq!(quantise(1_000), quantise(7));
    }

    #[test]
    fn every_machine_rounds_alike() {
        let noise = Noise { seed: 5 };
        let planes = crate::kernel::tests::noise(1, 1_001);
        let mut samples = [(); 2].map(|()| planes[0].clone());
        let mut integers = [(); 2].map(|()| vec![0; 1_001]);
        let mut pairs = samples.iter_mut().zip(&mut integers);
        crate::kernel::tests::both(|| {
            let (samples, integers) = pairs.next().unwrap();
            Round {
                samples,
                integers,
                scale: 32_768.0,
                noise: |n| noise.triangular(n),
            }
        });
        assert_eq!(samples[0], samples[1]);
        assert_eq!(integers[0], integers[1]);
    }
}
