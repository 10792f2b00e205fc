//! From floats to whole numbers. To 16 bits with triangular dither, which turns the distortion
//! of rounding into a steady noise at -96 dBFS; to 24 bits by plain rounding, whose error lies
//! below the noise of any converter.
//!
//! On request the noise of 16 bits is shaped: moved from where the ear is sharpest to where it
//! hears least. It is more noise in total, so it is not the default.
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use pulp::{Simd, WithSimd};

use crate::kernel;
use crate::master::{Bits, Dither, OutputKind};
use crate::{AudioError, Result};

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

/// Modified E-weighted shaper of nine coefficients: Lipshitz, Vanderkooy and Wannamaker,
/// "Minimally Audible Noise Shaping", JAES 39 (1991), table of FIR designs for 44.1 kHz.
const SHAPER: [f64; 9] = [
    1.662, -1.263, 0.4827, -0.2913, 0.1268, -0.1124, 0.032_52, -0.012_65, -0.035_24,
];

/// The last errors of one channel, newest first.
type Errors = [f64; SHAPER.len()];

/// Rounds samples to whole numbers.
#[derive(Debug, Clone)]
pub(crate) struct Quantiser {
    noise: Option<Noise>,
    scale: f64,
    /// Samples so far.
    done: u64,
    /// One for each channel when the noise is shaped, none otherwise.
    errors: Vec<Errors>,
}

impl Quantiser {
    /// For samples of a kind; the same seed gives the same noise.
    ///
    /// # Errors
    /// `invalid_settings` for shaped dither at rates other than 44.1 and 48 kHz, for which the
    /// shaper was not made.
    pub(crate) fn new(
        kind: OutputKind,
        seed: u64,
        sample_rate_hz: u32,
        channels: usize,
    ) -> Result<Self> {
        let shaped = kind.dither == Dither::Shaped;
        if shaped && !matches!(sample_rate_hz, 44_100 | 48_000) {
            return Err(AudioError::InvalidSettings(format!(
                "shaped dither is made for 44100 and 48000 Hz, not for {sample_rate_hz} Hz"
            )));
        }
        let (noise, scale) = match kind.bits {
            Bits::B16 => (Some(Noise { seed }), 32_768.0),
            Bits::B24 | Bits::F32 => (None, 8_388_608.0),
        };
        let shapers = if shaped { channels.max(1) } else { 0 };
        Ok(Self {
            noise,
            scale,
            done: 0,
            errors: vec![Errors::default(); shapers],
        })
    }

    /// Fills `integers` with the rounded samples and puts what they now stand for back into
    /// `samples`, so that the figures in the report are those of the file.
    pub(crate) fn quantise(&mut self, samples: &mut [f32], integers: &mut Vec<i32>) {
        integers.resize(samples.len(), 0);
        let first = self.done;
        self.done += samples.len() as u64;
        let scale = self.scale;
        match self.noise {
            Some(noise) if !self.errors.is_empty() => {
                self.shape(samples, integers, |n| {
                    noise.triangular(first.wrapping_add(n))
                });
            }
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

    /// Rounds one sample after the other, for each needs to know the errors of those before it.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits before")]
    fn shape(&mut self, samples: &mut [f32], integers: &mut [i32], noise: impl Fn(u64) -> f64) {
        let (low, high) = (-self.scale, self.scale - 1.0);
        let channels = self.errors.len();
        let places = samples.iter_mut().zip(integers);
        for (number, (sample, integer)) in (0..).zip(places) {
            let Some(errors) = self.errors.get_mut(number as usize % channels) else {
                return;
            };
            let fed_back: f64 = SHAPER.iter().zip(errors.iter()).map(|(c, e)| c * e).sum();
            let value = f64::from(*sample) * self.scale - fed_back;
            let rounded = (value + noise(number)).round();
            // Before clipping: a full scale that lasts must not feed back without end.
            errors.rotate_right(1);
            let [newest, ..] = errors;
            *newest = rounded - value;
            let rounded = rounded.clamp(low, high);
            *integer = rounded as i32;
            *sample = (rounded / self.scale) as f32;
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
    use crate::master::Format;

    fn plain(bits: Bits, seed: u64) -> Quantiser {
        Quantiser::new(OutputKind::new(Format::Wav, bits), seed, 44_100, 1).unwrap()
    }

    fn shaped(seed: u64, sample_rate_hz: u32, channels: usize) -> Result<Quantiser> {
        let kind = OutputKind {
            dither: Dither::Shaped,
            ..OutputKind::new(Format::Wav, Bits::B16)
        };
        Quantiser::new(kind, seed, sample_rate_hz, channels)
    }
    use rustfft::FftPlanner;
    use rustfft::num_complex::Complex;
    use std::f64::consts::PI;

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
        plain(Bits::B16, 1).quantise(&mut samples, &mut integers);
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
        plain(Bits::B24, 1).quantise(&mut samples, &mut integers);
        assert_eq!(integers, original);
    }

    #[test]
    fn blocks_of_any_length_are_given_the_same_noise() {
        let quantise = |length: usize| {
            let mut quantiser = plain(Bits::B16, 3);
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

    /// Mean power of the rounding noise of a quiet tone in each bin, in 16-bit steps squared.
    fn noise_spectrum(mut quantiser: Quantiser, rate: f64) -> Vec<f64> {
        const SIZE: usize = 4_096;
        let tone = |n: usize| (2.0 * PI * 997.0 * n as f64 / rate).sin() * 0.01;
        let original: Vec<f32> = (0..SIZE * 60).map(|n| tone(n) as f32).collect();
        let mut samples = original.clone();
        quantiser.quantise(&mut samples, &mut Vec::new());
        let noise: Vec<f64> = samples
            .iter()
            .zip(&original)
            .map(|(after, before)| (f64::from(*after) - f64::from(*before)) * 32_768.0)
            .collect();
        let fft = FftPlanner::new().plan_fft_forward(SIZE);
        let mut power = vec![0.0; SIZE / 2];
        for piece in noise.chunks_exact(SIZE) {
            let mut bins: Vec<Complex<f64>> = piece.iter().map(|x| Complex::new(*x, 0.0)).collect();
            fft.process(&mut bins);
            for (power, bin) in power.iter_mut().zip(&bins) {
                *power += bin.norm_sqr() / (SIZE * 60) as f64;
            }
        }
        power
    }

    /// The absolute threshold of hearing in dB SPL (Terhardt 1979).
    fn threshold_db(hz: f64) -> f64 {
        let khz = hz / 1_000.0;
        3.64 * khz.powf(-0.8) - 6.5 * (-0.6 * (khz - 3.3).powi(2)).exp() + 1e-3 * khz.powi(4)
    }

    #[test]
    fn shaped_noise_has_the_spectrum_of_its_filter_and_is_heard_less() {
        for rate in [44_100_u32, 48_000] {
            let plain = noise_spectrum(plain(Bits::B16, 5), f64::from(rate));
            let shaped = shaped(5, rate, 1).unwrap();
            let shaped = noise_spectrum(shaped, f64::from(rate));
            let hz = |bin: usize| bin as f64 * f64::from(rate) / 4_096.0;
            let (mut heard, mut heard_plain) = (0.0, 0.0);
            for (from, to) in [(4, 40), (300, 400), (900, 1_000), (1_700, 1_800)] {
                let mean = |values: &[f64]| values[from..to].iter().sum::<f64>();
                let wanted: f64 = (from..to)
                    .map(|bin| {
                        let w = 2.0 * PI * bin as f64 / 4_096.0;
                        let turns = SHAPER.iter().enumerate();
                        let sum: Complex<f64> = turns
                            .map(|(k, c)| Complex::from_polar(*c, -w * (k as f64 + 1.0)))
                            .sum();
                        (Complex::new(1.0, 0.0) - sum).norm_sqr()
                    })
                    .sum::<f64>()
                    / (to - from) as f64;
                let got = mean(&shaped) / mean(&plain);
                let off = 10.0 * (got / wanted).log10();
                assert!(off.abs() < 1.0, "{off} dB at {} Hz", hz(from));
            }
            for bin in (2..plain.len()).filter(|bin| hz(*bin) < 20_000.0) {
                let weight = 10.0_f64.powf(-threshold_db(hz(bin)) / 10.0);
                heard += shaped[bin] * weight;
                heard_plain += plain[bin] * weight;
            }
            let gain = 10.0 * (heard / heard_plain).log10();
            assert!(gain < -9.0, "{gain} dB at {rate} Hz");
        }
    }

    #[test]
    fn shaping_is_refused_at_rates_it_was_not_made_for_and_stays_stable_when_clipping() {
        let refused = shaped(1, 96_000, 2).unwrap_err();
        assert_eq!(refused.code(), "invalid_settings");
        let mut quantiser = shaped(1, 44_100, 2).unwrap();
        let mut loud = vec![1.5_f32; 40_000];
        quantiser.quantise(&mut loud, &mut Vec::new());
        let mut quiet = vec![0.0_f32; 4_000];
        quantiser.quantise(&mut quiet, &mut Vec::new());
        assert!(
            quiet
                .iter()
                .skip(100)
                .all(|sample| sample.abs() < 40.0 / 32_768.0)
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_noise() {
        let (one, two) = (Noise { seed: 3 }, Noise { seed: 3 });
        assert!((0..100).all(|number| one.at(number) == two.at(number)));
    }
}
