//! Impulse responses of a wanted gain over frequency, with linear or with minimum phase.

use std::f64::consts::PI;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::meter::amplitude;

/// Gains below this are not told apart: a logarithm needs an end.
const LOWEST_DB: f64 = -160.0;

/// A finite impulse response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Impulse {
    pub taps: Vec<f64>,
    /// Frames between the input and what answers it, to be taken out.
    pub delay: usize,
}

/// What an impulse response makes of every frequency.
#[derive(Debug, Clone)]
pub(crate) struct Magnitudes {
    bin_hz: f64,
    power: Vec<f64>,
}

impl Magnitudes {
    /// The power gain at a frequency in hertz.
    pub(crate) fn power_gain(&self, hz: f64) -> f64 {
        let bin = (hz / self.bin_hz).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a bin"
        )]
        let index = (bin as usize).min(self.power.len().saturating_sub(2));
        let power = |index: usize| self.power.get(index).copied().unwrap_or(0.0);
        let share = (bin - index as f64).clamp(0.0, 1.0);
        power(index) * (1.0 - share) + power(index + 1) * share
    }
}

impl Impulse {
    /// What it makes of every frequency at a sample rate in hertz.
    pub(crate) fn response(&self, sample_rate_hz: u32) -> Magnitudes {
        let size = (self.taps.len() * 2).next_power_of_two();
        let mut bins = vec![Complex::default(); size];
        for (bin, tap) in bins.iter_mut().zip(&self.taps) {
            *bin = Complex::new(*tap, 0.0);
        }
        FftPlanner::<f64>::new()
            .plan_fft_forward(size)
            .process(&mut bins);
        bins.truncate(size / 2 + 1);
        Magnitudes {
            bin_hz: f64::from(sample_rate_hz) / size as f64,
            power: bins.iter().map(Complex::norm_sqr).collect(),
        }
    }
}

/// A number of taps that resolves `step_hz` at a rate in hertz: a power of two and one more, so
/// that a middle exists and overlap-save moves on by whole powers of two.
pub(crate) fn taps_for(rate: f64, step_hz: f64) -> usize {
    let mut size = 512_usize;
    while rate / (size as f64) > step_hz {
        size *= 2;
    }
    size + 1
}

/// Linear phase by frequency sampling and a Hann window: `gain` is an amplitude over hertz.
/// `taps` is odd; the response is symmetric about its middle.
pub(crate) fn linear_phase(rate: f64, taps: usize, gain: impl Fn(f64) -> f64) -> Impulse {
    let size = (taps * 4).next_power_of_two();
    let circular = inverse(size, |bin| Complex::new(gain(bin_hz(bin, size, rate)), 0.0));
    let delay = (taps - 1) / 2;
    let taps = (0..taps)
        .map(|tap| {
            let window = 0.5 - 0.5 * (2.0 * PI * (tap as f64 + 1.0) / (taps as f64 + 1.0)).cos();
            let from_middle = (tap + size - delay) % size;
            circular.get(from_middle).map_or(0.0, |value| value.re) * window
        })
        .collect();
    Impulse { taps, delay }
}

/// Minimum phase by the cepstrum (Oppenheim and Schafer, Discrete-Time Signal Processing,
/// "Complex cepstrum"): the logarithm of the gain is made causal, which gives the one phase
/// whose energy comes first. `curve_db` is a gain in decibels over hertz.
pub(crate) fn minimum_phase(rate: f64, taps: usize, curve_db: impl Fn(f64) -> f64) -> Impulse {
    // The cepstrum of a steep curve is long, and what does not fit folds over.
    let size = (taps * 16).next_power_of_two();
    let to_nepers = 10.0_f64.ln() / 20.0;
    let mut cepstrum = inverse(size, |bin| {
        let db = curve_db(bin_hz(bin, size, rate)).max(LOWEST_DB);
        Complex::new(db * to_nepers, 0.0)
    });
    for (quefrency, value) in cepstrum.iter_mut().enumerate() {
        let fold = match quefrency {
            0 => 1.0,
            low if low < size / 2 => 2.0,
            middle if middle == size / 2 => 1.0,
            _ => 0.0,
        };
        *value = Complex::new(value.re * fold, 0.0);
    }
    let mut planner = FftPlanner::<f64>::new();
    planner.plan_fft_forward(size).process(&mut cepstrum);
    for bin in &mut cepstrum {
        *bin = bin.exp();
    }
    planner.plan_fft_inverse(size).process(&mut cepstrum);
    let fade = taps / 4;
    let taps = cepstrum
        .iter()
        .take(taps)
        .enumerate()
        .map(|(tap, value)| {
            let left = (taps - tap) as f64 / fade as f64;
            let window = 0.5 - 0.5 * (PI * left.min(1.0)).cos();
            value.re * window / size as f64
        })
        .collect();
    Impulse { taps, delay: 0 }
}

/// The response of curve in decibels, as [`linear_phase`] wants it.
pub(crate) fn linear_phase_db(rate: f64, taps: usize, curve_db: impl Fn(f64) -> f64) -> Impulse {
    linear_phase(rate, taps, |hz| amplitude(curve_db(hz)))
}

fn bin_hz(bin: usize, size: usize, rate: f64) -> f64 {
    bin.min(size - bin) as f64 * rate / size as f64
}

/// The inverse transform of a spectrum that is given bin by bin, scaled.
fn inverse(size: usize, spectrum: impl Fn(usize) -> Complex<f64>) -> Vec<Complex<f64>> {
    let mut values: Vec<Complex<f64>> = (0..size).map(spectrum).collect();
    FftPlanner::<f64>::new()
        .plan_fft_inverse(size)
        .process(&mut values);
    for value in &mut values {
        *value /= size as f64;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_db(impulse: &Impulse, hz: f64, rate: f64) -> f64 {
        let sum: Complex<f64> = impulse
            .taps
            .iter()
            .enumerate()
            .map(|(n, tap)| Complex::from_polar(*tap, -2.0 * PI * hz * n as f64 / rate))
            .sum();
        20.0 * sum.norm().log10()
    }

    /// A smooth curve of six decibels either way.
    fn curve(hz: f64) -> f64 {
        6.0 * (hz.max(1.0) / 700.0).log2().sin()
    }

    #[test]
    fn both_phases_have_the_gain_that_was_asked_for() {
        for rate in [44_100.0, 96_000.0] {
            let taps = taps_for(rate, 12.0);
            let linear = linear_phase_db(rate, taps, curve);
            let minimum = minimum_phase(rate, taps, curve);
            for hz in [60.0, 100.0, 440.0, 1_000.0, 5_000.0, 18_000.0] {
                for impulse in [&linear, &minimum] {
                    let off = gain_db(impulse, hz, rate) - curve(hz);
                    assert!(off.abs() < 0.1, "{off} dB at {hz} Hz, {rate} Hz");
                }
            }
        }
    }

    #[test]
    fn minimum_phase_is_that_of_the_filter_whose_gain_was_taken() {
        // A peaking filter after Bristow-Johnson's cookbook is of minimum phase itself.
        let (rate, hz, quality) = (48_000.0, 1_000.0, 1.0);
        let amplitude = 10.0_f64.powf(6.0 / 40.0);
        let turn = 2.0 * PI * hz / rate;
        let alpha = turn.sin() / (2.0 * quality);
        let sections = |factor: f64| {
            [
                1.0 + alpha * factor,
                -2.0 * turn.cos(),
                1.0 - alpha * factor,
            ]
        };
        let (above, below) = (sections(amplitude), sections(1.0 / amplitude));
        let at = |section: &[f64; 3], hz: f64| -> Complex<f64> {
            (0..3)
                .map(|tap| Complex::from_polar(section[tap], -2.0 * PI * hz * tap as f64 / rate))
                .sum()
        };
        let impulse = minimum_phase(rate, 4_097, |hz| {
            20.0 * (at(&above, hz) / at(&below, hz)).norm().log10()
        });
        let mut history = [0.0; 2];
        for tap in 0..400 {
            let input = if tap == 0 { 1.0 } else { 0.0 };
            let newest = (input - below[1] * history[0] - below[2] * history[1]) / below[0];
            let output = above[0] * newest + above[1] * history[0] + above[2] * history[1];
            history = [newest, history[0]];
            assert!((impulse.taps[tap] - output).abs() < 1e-6, "tap {tap}");
        }
    }

    #[test]
    fn linear_phase_is_symmetric_and_of_the_delay_it_says() {
        let impulse = linear_phase_db(44_100.0, 2_049, curve);
        assert_eq!(impulse.delay, 1_024);
        for n in 0..1_024 {
            assert!((impulse.taps[n] - impulse.taps[2_048 - n]).abs() < 1e-12);
        }
    }
}
