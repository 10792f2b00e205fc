//! From floats to whole numbers. To 16 bits with triangular dither, which turns the distortion
//! of rounding into a steady noise at -96 dBFS; to 24 bits by plain rounding, whose error lies
//! below the noise of any converter.

use crate::master::Bits;

/// A small seeded generator (SplitMix64): the same seed gives the same file.
#[derive(Debug, Clone)]
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Triangular between -1 and 1: the difference of two uniform numbers.
    fn triangular(&mut self) -> f64 {
        let bits = self.next();
        let one = (bits >> 32) as f64;
        let two = (bits & 0xffff_ffff) as f64;
        (one - two) / 4_294_967_296.0
    }
}

/// Rounds samples to whole numbers.
#[derive(Debug, Clone)]
pub(crate) struct Quantiser {
    noise: Option<Noise>,
    scale: f64,
}

impl Quantiser {
    pub(crate) fn new(bits: Bits, seed: u64) -> Self {
        match bits {
            Bits::B16 => Self {
                noise: Some(Noise(seed)),
                scale: 32_768.0,
            },
            Bits::B24 | Bits::F32 => Self {
                noise: None,
                scale: 8_388_608.0,
            },
        }
    }

    /// Fills `integers` with the rounded samples and puts what they now stand for back into
    /// `samples`, so that the figures in the report are those of the file.
    pub(crate) fn quantise(&mut self, samples: &mut [f32], integers: &mut Vec<i32>) {
        integers.clear();
        let (low, high) = (-self.scale, self.scale - 1.0);
        for sample in samples {
            let mut value = f64::from(*sample) * self.scale;
            if let Some(noise) = &mut self.noise {
                value += noise.triangular();
            }
            let rounded = value.round().clamp(low, high);
            #[expect(clippy::cast_possible_truncation, reason = "clamped to 24 bits above")]
            {
                integers.push(rounded as i32);
                *sample = (rounded / self.scale) as f32;
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;

    #[test]
    fn dither_has_the_mean_and_the_variance_of_a_triangle() {
        let mut noise = Noise(7);
        let values: Vec<f64> = (0..200_000).map(|_| noise.triangular()).collect();
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
    fn the_same_seed_gives_the_same_noise() {
        let (mut one, mut two) = (Noise(3), Noise(3));
        assert!((0..100).all(|_| one.next() == two.next()));
    }
}
