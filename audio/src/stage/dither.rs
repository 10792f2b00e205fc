//! From floats to whole numbers. To 16 bits with triangular dither, which turns the distortion
//! of rounding into a steady noise at -96 dBFS; to 24 bits by plain rounding, whose error lies
//! below the noise of any converter.
//!
//! On request the noise of 16 bits is shaped: moved from where the ear is sharpest to where it
//! hears least. It is more noise in total, so it is not the default.

use crate::master::{Bits, Dither, OutputKind};
use crate::{AudioError, Result};

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
    /// One for each channel when the noise is shaped, none otherwise.
    errors: Vec<Errors>,
    channel: usize,
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
            Bits::B16 => (Some(Noise(seed)), 32_768.0),
            Bits::B24 | Bits::F32 => (None, 8_388_608.0),
        };
        let shapers = if shaped { channels.max(1) } else { 0 };
        Ok(Self {
            noise,
            scale,
            errors: vec![Errors::default(); shapers],
            channel: 0,
        })
    }

    /// Fills `integers` with the rounded samples and puts what they now stand for back into
    /// `samples`, so that the figures in the report are those of the file.
    pub(crate) fn quantise(&mut self, samples: &mut [f32], integers: &mut Vec<i32>) {
        integers.clear();
        let (low, high) = (-self.scale, self.scale - 1.0);
        for sample in samples {
            let mut value = f64::from(*sample) * self.scale;
            let errors = self.errors.get_mut(self.channel);
            if let Some(errors) = &errors {
                let fed_back: f64 = SHAPER.iter().zip(errors.iter()).map(|(c, e)| c * e).sum();
                value -= fed_back;
            }
            let dither = self.noise.as_mut().map_or(0.0, Noise::triangular);
            let rounded = (value + dither).round();
            if let Some(errors) = errors {
                // Before clipping: a full scale that lasts must not feed back without end.
                errors.rotate_right(1);
                let [newest, ..] = errors;
                *newest = rounded - value;
                self.channel = (self.channel + 1) % self.errors.len();
            }
            let rounded = rounded.clamp(low, high);
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
        let (mut one, mut two) = (Noise(3), Noise(3));
        assert!((0..100).all(|_| one.next() == two.next()));
    }
}
