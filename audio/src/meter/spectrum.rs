//! The long-term spectrum: mean power of every bin, and of third octaves.
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;
use std::sync::Arc;

use pulp::{Simd, WithSimd};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::measurement::Band;
use crate::kernel;

/// Nominal centres of IEC 61260 third octaves.
const CENTRES_HZ: [f64; 30] = [
    25.0, 31.5, 40.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0,
    630.0, 800.0, 1_000.0, 1_250.0, 1_600.0, 2_000.0, 2_500.0, 3_150.0, 4_000.0, 5_000.0, 6_300.0,
    8_000.0, 10_000.0, 12_500.0, 16_000.0, 20_000.0,
];

/// Levels below this read as this: there is nothing there.
pub(crate) const SILENT_DB: f64 = -200.0;

/// The lower and upper edge of a third octave, as a factor of its centre.
const EDGE: f64 = 1.122_462_048_309_373;

/// Mean power of every bin of a long-term spectrum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bins {
    bin_hz: f64,
    power: Vec<f64>,
}

/// The spectra of a track. With M = (L + R) / 2 and S = (L - R) / 2 the powers of M and S add
/// up to the mean power of L and R.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spectra {
    /// The mean over all channels.
    pub(crate) whole: Bins,
    /// Mid and side, of two channels only.
    pub(crate) sides: Option<(Bins, Bins)>,
}

impl Spectra {
    /// Takes in another track's; both count by their length. Mid and side are those of the
    /// tracks that have them.
    pub(crate) fn pool(&mut self, seconds: f64, other: &Self, other_seconds: f64) {
        let share = other_seconds / (seconds + other_seconds).max(1e-9);
        self.whole.pool(&other.whole, share);
        match (&mut self.sides, &other.sides) {
            (Some((mid, side)), Some((other_mid, other_side))) => {
                mid.pool(other_mid, share);
                side.pool(other_side, share);
            }
            (none @ None, Some(other)) => *none = Some(other.clone()),
            (_, None) => {}
        }
    }
}

impl Bins {
    /// The weighted mean of both, `share` being the other's weight, on the own grid.
    fn pool(&mut self, other: &Self, share: f64) {
        // A bin of another width holds power in proportion to it.
        let ratio = self.bin_hz / other.bin_hz;
        for (bin, power) in self.power.iter_mut().enumerate() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index of a bin"
            )]
            let nearest = (bin as f64 * ratio).round() as usize;
            let theirs = other.power.get(nearest).map_or(0.0, |power| power * ratio);
            *power = *power * (1.0 - share) + theirs * share;
        }
    }

    fn sum(one: &Self, other: &Self) -> Self {
        Self {
            bin_hz: one.bin_hz,
            power: one
                .power
                .iter()
                .zip(&other.power)
                .map(|(one, other)| one + other)
                .collect(),
        }
    }

    /// The bands whose upper edge is below half the sample rate, in dB of a full-scale sine.
    pub(crate) fn bands(&self) -> Vec<Band> {
        self.bands_through(|_| 1.0)
    }

    /// The same behind a filter whose power gain at a frequency in hertz is given.
    pub(crate) fn bands_through(&self, gain: impl Fn(f64) -> f64) -> Vec<Band> {
        let nyquist = self.bin_hz * self.power.len().saturating_sub(1) as f64;
        CENTRES_HZ
            .iter()
            .filter(|hz| **hz * EDGE < nyquist)
            .map(|&hz| {
                let power = self.between(hz / EDGE, hz * EDGE, &gain);
                // A full-scale sine has a mean square of one half.
                let db = 10.0 * (power * 2.0).max(1.0e-20).log10();
                Band {
                    hz,
                    db: db.max(SILENT_DB),
                }
            })
            .collect()
    }

    /// Power between two frequencies; a bin reaches half a bin to both sides.
    fn between(&self, low_hz: f64, high_hz: f64, gain: &impl Fn(f64) -> f64) -> f64 {
        let (low, high) = (low_hz / self.bin_hz, high_hz / self.bin_hz);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a bin"
        )]
        let (first, last) = (
            (low - 0.5).floor().max(0.0) as usize,
            (high + 0.5).ceil() as usize,
        );
        self.power
            .iter()
            .enumerate()
            .take(last + 1)
            .skip(first)
            .map(|(bin, power)| {
                let bin = bin as f64;
                let share = (high.min(bin + 0.5) - low.max(bin - 0.5)).clamp(0.0, 1.0);
                power * share * gain(bin * self.bin_hz)
            })
            .sum()
    }
}

/// Averages the power of successive windows.
///
/// Two windows are transformed at once, one as the real and one as the imaginary part: the powers
/// at a frequency and at its negative are then together twice those of both windows, so that they
/// need not be told apart.
pub(crate) struct Spectrum {
    transform: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    held: Vec<Vec<f32>>,
    buffer: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Of mid and side with two channels, otherwise of each channel.
    power: Vec<Vec<f64>>,
    windows: f64,
    bin_hz: f64,
}

impl Spectrum {
    pub(crate) fn new(sample_rate_hz: u32, channels: usize) -> Self {
        // About 0.17 s, so that the lowest band spans its bins at every rate.
        let mut size = 2_048_usize;
        while f64::from(sample_rate_hz) / size as f64 > 6.0 {
            size *= 2;
        }
        let transform = FftPlanner::<f32>::new().plan_fft_forward(size);
        let window: Vec<f64> = (0..size)
            .map(|n| 0.5 - 0.5 * (2.0 * PI * n as f64 / size as f64).cos())
            .collect();
        // Parseval: with this scale the bins sum to the mean square of the windowed samples.
        let energy: f64 = window.iter().map(|value| value * value).sum();
        let scale = (1.0 / (energy * size as f64)).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "the transform runs in f32")]
        let window = window.iter().map(|value| (value * scale) as f32).collect();
        Self {
            buffer: vec![Complex::default(); size],
            scratch: vec![Complex::default(); transform.get_inplace_scratch_len()],
            power: vec![vec![0.0; size]; channels],
            transform,
            window,
            held: vec![Vec::with_capacity(2 * size); channels],
            windows: 0.0,
            bin_hz: f64::from(sample_rate_hz) / size as f64,
        }
    }

    pub(crate) fn push_planes(&mut self, planes: &[Vec<f32>]) {
        let size = 2 * self.window.len();
        let frames = planes.first().map_or(0, Vec::len);
        let mut from = 0;
        while from < frames {
            let held = self.held.first().map_or(0, Vec::len);
            let to = frames.min(from + size - held);
            for (held, plane) in self.held.iter_mut().zip(planes) {
                held.extend_from_slice(plane.get(from..to).unwrap_or_default());
            }
            from = to;
            if self.held.first().map_or(0, Vec::len) == size {
                self.add_windows(2.0);
            }
        }
    }

    /// Adds what is held, which counts as so many windows.
    fn add_windows(&mut self, count: f64) {
        let size = self.window.len();
        if let [left, right] = self.held.as_mut_slice() {
            kernel::run(ToMidAndSide { left, right });
        }
        for (held, powers) in self.held.iter_mut().zip(&mut self.power) {
            held.resize(2 * size, 0.0);
            let (first, second) = held.split_at(size);
            kernel::run(Join {
                window: &self.window,
                parts: [first, second],
                joined: &mut self.buffer,
            });
            held.clear();
            self.transform
                .process_with_scratch(&mut self.buffer, &mut self.scratch);
            kernel::run(AddPowers {
                spectrum: &self.buffer,
                powers,
            });
        }
        self.windows += count;
    }

    pub(crate) fn finish(mut self) -> Spectra {
        let rest = self.held.first().map_or(0, Vec::len);
        let whole = self.window.len();
        // A last piece counts only when there is nothing else: it is cut off hard.
        if rest >= whole || (self.windows == 0.0 && rest > 0) {
            for held in &mut self.held {
                held.truncate(whole);
            }
            self.add_windows(1.0);
        }
        let windows = self.windows.max(f64::MIN_POSITIVE);
        let channels = self.power.len().max(1) as f64;
        let bin_hz = self.bin_hz;
        let mut bins = self.power.into_iter().map(|power| Bins {
            bin_hz,
            power: fold(&power, windows),
        });
        match (bins.next(), bins.next(), bins.next()) {
            (Some(mid), Some(side), None) => Spectra {
                whole: Bins::sum(&mid, &side),
                sides: Some((mid, side)),
            },
            (first, second, third) => {
                let all = [first, second, third].into_iter().flatten().chain(bins);
                let sum = all.reduce(|sum, next| Bins::sum(&sum, &next));
                let mut whole = sum.unwrap_or(Bins {
                    bin_hz,
                    power: Vec::new(),
                });
                for power in &mut whole.power {
                    *power /= channels;
                }
                Spectra { whole, sides: None }
            }
        }
    }
}

/// The mean power of frequencies and their negatives together.
fn fold(power: &[f64], windows: f64) -> Vec<f64> {
    let negative = power.iter().take(1).chain(power.iter().rev());
    let pairs = power.iter().zip(negative).take(power.len() / 2 + 1);
    pairs.map(|(one, other)| (one + other) / windows).collect()
}

/// Turns left and right into mid and side.
struct ToMidAndSide<'a> {
    left: &'a mut [f32],
    right: &'a mut [f32],
}

impl WithSimd for ToMidAndSide<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (left, right) in self.left.iter_mut().zip(self.right) {
            (*left, *right) = ((*left + *right) * 0.5, (*left - *right) * 0.5);
        }
    }
}

/// Puts a window over two parts and joins them as real and imaginary parts.
struct Join<'a> {
    window: &'a [f32],
    parts: [&'a [f32]; 2],
    joined: &'a mut [Complex<f32>],
}

impl WithSimd for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [first, second] = self.parts;
        let samples = first.iter().zip(second).zip(self.window);
        for (joined, ((first, second), window)) in self.joined.iter_mut().zip(samples) {
            *joined = Complex::new(first * window, second * window);
        }
    }
}

/// Adds the power of every bin.
struct AddPowers<'a> {
    spectrum: &'a [Complex<f32>],
    powers: &'a mut [f64],
}

impl WithSimd for AddPowers<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (power, bin) in self.powers.iter_mut().zip(self.spectrum) {
            *power += f64::from(bin.re * bin.re + bin.im * bin.im);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean power of every bin, one window and one bin after the other.
    fn plainly(samples: &[f32], size: usize, bins: std::ops::Range<usize>) -> Vec<f64> {
        let turn = 2.0 * PI / size as f64;
        let window: Vec<f64> = (0..size)
            .map(|n| 0.5 - 0.5 * (turn * n as f64).cos())
            .collect();
        let energy: f64 = window.iter().map(|value| value * value).sum();
        let windows = samples.chunks_exact(size);
        let count = windows.len() as f64;
        let power = |bin: usize, part: &[f32]| {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, (sample, weight)) in part.iter().zip(&window).enumerate() {
                let phase = turn * ((bin * n) % size) as f64;
                re += f64::from(*sample) * weight * phase.cos();
                im += f64::from(*sample) * weight * phase.sin();
            }
            2.0 * (re * re + im * im) / (energy * size as f64)
        };
        bins.map(|bin| windows.clone().map(|part| power(bin, part)).sum::<f64>() / count)
            .collect()
    }

    #[test]
    fn two_windows_at_once_are_the_windows_one_after_the_other() {
        for windows in [1, 2, 3] {
            let planes = crate::kernel::tests::noise(1, 2_048 * windows + 100);
            let mut spectrum = Spectrum::new(8_000, 1);
            spectrum.push_planes(&planes);
            let found = spectrum.finish().whole.power;
            assert_eq!(found.len(), 1_025);
            let expected = plainly(&planes[0], 2_048, 400..420);
            for (found, expected) in found[400..].iter().zip(expected) {
                assert!(
                    (found / expected - 1.0).abs() < 1.0e-3,
                    "{found} {expected}"
                );
            }
        }
    }
}
