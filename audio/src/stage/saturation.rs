//! Soft clipping of the highest peaks, eight times oversampled.
//!
//! Up to a knee nothing changes; above it the curve bends towards the ceiling like a hyperbolic
//! tangent, alike for both signs, so that only odd harmonics arise and slope and curvature have
//! no step. Only what the curve takes away is brought back to the sample rate and subtracted:
//! a passage without peaks stays bit for bit.
#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a constant that the slices are cut to"
)]

use std::sync::LazyLock;

use pulp::{Simd, WithSimd};
use serde_json::json;

use super::chain::Processor;
use crate::kernel::{self, highest_within as highest};
use crate::master::report::StageReport;
use crate::meter::amplitude;
use crate::meter::true_peak::{Interpolator, interpolate};

const PHASES: usize = 8;
const TAPS: usize = 64;
/// Samples before the one that an interpolated value follows.
const BEFORE: usize = TAPS / 2 - 1;
/// Samples that are looked at together.
const STRETCH: usize = 32;
const WINDOW: usize = STRETCH + TAPS;
/// A Kaiser window of about 90 dB: from 20 kHz to 24 kHz at 44.1 kHz.
static FILTER: LazyLock<Interpolator<PHASES, TAPS>> = LazyLock::new(|| Interpolator::new(9.0));
/// Between two samples of a twofold oversampling a peak is at most 1 / cos(π/4) of the higher
/// one (Bernstein); a little less, for the filter is not an ideal one.
const TWOFOLD_BOUND: f32 = 0.69;

/// How it is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Saturation {
    /// Level in dBFS that no peak passes at full amount.
    pub ceiling_db: f64,
    /// Distance of the knee below the ceiling, in decibels, more than 0.
    pub knee_db: f64,
    /// Share of the effect, 0 to 1.
    pub amount: f64,
}

/// Clips softly as samples go by.
pub(crate) struct Saturator {
    settings: Saturation,
    curve: Curve,
    channels: Vec<Line>,
    /// Values before the track that are still in the way.
    to_skip: usize,
    taken: u64,
    given: u64,
}

/// One channel.
struct Line {
    held: Vec<f32>,
    /// What is to be added to what is held.
    change: Vec<f32>,
    touched: u64,
    deepest: f32,
}

#[derive(Clone, Copy)]
struct Curve {
    knee: f32,
    room: f32,
    amount: f32,
}

impl Curve {
    /// What the curve adds to a value above the knee.
    fn change(self, value: f32) -> f32 {
        let over = value.abs() - self.knee;
        let bent = self.room * (over / self.room).tanh();
        // The curve always bends towards zero.
        -(self.amount * (over - bent)).copysign(value)
    }
}

impl Saturator {
    pub(crate) fn new(settings: Saturation, channels: usize) -> Self {
        let ceiling = amplitude(settings.ceiling_db);
        let knee = amplitude(settings.ceiling_db - settings.knee_db);
        #[expect(clippy::cast_possible_truncation, reason = "the kernel runs in f32")]
        let curve = Curve {
            knee: knee as f32,
            room: (ceiling - knee) as f32,
            amount: settings.amount as f32,
        };
        let line = || Line {
            held: vec![0.0; BEFORE],
            change: Vec::new(),
            touched: 0,
            deepest: 0.0,
        };
        Self {
            settings,
            curve,
            channels: (0..channels.max(1)).map(|_| line()).collect(),
            to_skip: BEFORE,
            taken: 0,
            given: 0,
        }
    }

    fn work(&mut self, out: &mut Vec<f32>) {
        let count = self.channels.len();
        let length = self.channels.first().map_or(0, |line| line.held.len());
        let stretches = length.saturating_sub(TAPS) / STRETCH;
        let done = stretches * STRETCH;
        let curve = self.curve;
        for line in &mut self.channels {
            line.change.resize(length, 0.0);
            kernel::run(Round { line, done, curve });
        }
        let skipped = self.to_skip.min(done);
        self.to_skip -= skipped;
        let left = usize::try_from(self.taken - self.given).unwrap_or(usize::MAX);
        let frames = (done - skipped).min(left);
        let start = out.len();
        out.resize(start + frames * count, 0.0);
        for (channel, line) in self.channels.iter_mut().enumerate() {
            let ready = line.held[skipped..].iter().zip(&line.change[skipped..]);
            let places = out[start..].iter_mut().skip(channel).step_by(count);
            for (place, (sample, change)) in places.zip(ready) {
                *place = sample + change;
            }
            line.held.drain(..done);
            line.change.drain(..done);
        }
        self.given += frames as u64;
    }
}

/// Rounds the peaks of one channel, stretch by stretch.
struct Round<'a> {
    line: &'a mut Line,
    done: usize,
    curve: Curve,
}

impl WithSimd for Round<'_> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for at in (0..self.done).step_by(STRETCH) {
            self.line.stretch(at, self.curve);
        }
    }
}

impl Line {
    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn stretch(&mut self, at: usize, curve: Curve) {
        let filter = &*FILTER;
        let window = &self.held[at..at + WINDOW];
        if highest(window) * filter.bound <= curve.knee {
            return;
        }
        let middle = &window[BEFORE..=BEFORE + STRETCH];
        let half = interpolate::<STRETCH, TAPS>(&filter.phases[PHASES / 2], window);
        if highest(&half).max(highest(middle)) <= curve.knee * TWOFOLD_BOUND {
            return;
        }
        let change = &mut self.change[at..at + WINDOW];
        for (phase, taps) in filter.phases.iter().enumerate() {
            let values: [f32; STRETCH] = match phase {
                0 => std::array::from_fn(|n| window[BEFORE + n]),
                middle if middle == PHASES / 2 => half,
                _ => interpolate::<STRETCH, TAPS>(taps, window),
            };
            if highest(&values) <= curve.knee {
                continue;
            }
            for (n, value) in values.iter().enumerate() {
                if value.abs() <= curve.knee {
                    continue;
                }
                let step = curve.change(*value);
                self.touched += 1;
                self.deepest = self.deepest.max(step.abs() / value.abs());
                // Back to the sample rate through the same low-pass: the transposed filter.
                let share = step / PHASES as f32;
                let places: &mut [f32] = &mut change[n..n + TAPS];
                for (place, tap) in places.iter_mut().zip(taps) {
                    *place += share * tap;
                }
            }
        }
    }
}

impl Processor for Saturator {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let count = self.channels.len();
        self.taken += (samples.len() / count) as u64;
        for (channel, line) in self.channels.iter_mut().enumerate() {
            line.held
                .extend(samples.iter().skip(channel).step_by(count));
        }
        self.work(out);
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        while self.given < self.taken {
            for line in &mut self.channels {
                let silence = line.held.len() + WINDOW;
                line.held.resize(silence, 0.0);
            }
            self.work(out);
        }
    }

    fn report(&self) -> StageReport {
        let touched: u64 = self.channels.iter().map(|line| line.touched).sum();
        let deepest = self
            .channels
            .iter()
            .fold(0.0_f32, |most, line| most.max(line.deepest));
        let deepest_db = -20.0 * f64::from(1.0 - deepest).max(1e-6).log10();
        let values = (self.taken * PHASES as u64 * self.channels.len() as u64).max(1);
        let percent = 100.0 * touched as f64 / values as f64;
        let applied = touched > 0 && self.settings.amount > 0.0;
        StageReport {
            stage: "saturation".to_owned(),
            applied,
            summary: if applied {
                format!(
                    "The highest peaks, {percent:.2} % of the time, were rounded by {deepest_db:.1} \
                     dB at most."
                )
            } else {
                "No peak was high enough to be rounded.".to_owned()
            },
            details: json!({
                "ceiling_dbfs": self.settings.ceiling_db,
                "knee_db": self.settings.knee_db,
                "amount_percent": self.settings.amount * 100.0,
                "touched_percent": percent,
                "max_reduction_db": deepest_db,
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use crate::stage::chain::run;
    use rustfft::FftPlanner;
    use rustfft::num_complex::Complex;
    use std::f64::consts::PI;

    const RATE: f64 = 44_100.0;
    const SETTINGS: Saturation = Saturation {
        ceiling_db: -1.0,
        knee_db: 6.0,
        amount: 1.0,
    };

    fn sine(hz: f64, peak_db: f64, frames: u32) -> Vec<f32> {
        (0..frames)
            .map(|n| (amplitude(peak_db) * (2.0 * PI * hz * f64::from(n) / RATE).sin()) as f32)
            .collect()
    }

    /// Level in dBFS of every bin of one second, after a window that leaks less than -140 dB.
    fn spectrum_db(samples: &[f32]) -> Vec<f64> {
        let size = samples.len();
        let mut bins: Vec<Complex<f64>> = samples
            .iter()
            .enumerate()
            .map(|(n, sample)| {
                let x = 2.0 * PI * n as f64 / size as f64;
                // Seven-term Blackman-Harris (Albrecht 2001).
                let terms = [
                    0.271_051_400_693_42,
                    -0.433_297_939_234_48,
                    0.218_122_999_543_11,
                    -0.065_925_446_388_03,
                    0.010_811_742_098_37,
                    -0.000_776_584_825_22,
                    0.000_013_887_217_35,
                ];
                let window: f64 = terms
                    .iter()
                    .enumerate()
                    .map(|(k, a)| a * (k as f64 * x).cos())
                    .sum();
                Complex::new(f64::from(*sample) * window, 0.0)
            })
            .collect();
        FftPlanner::new().plan_fft_forward(size).process(&mut bins);
        let scale = 2.0 / (0.271_051_400_693_42 * size as f64);
        bins.iter()
            .take(size / 2)
            .map(|bin| 20.0 * (bin.norm() * scale).max(1e-12).log10())
            .collect()
    }

    #[test]
    fn what_stays_below_the_knee_passes_bit_for_bit() {
        // Its hard end overshoots between the samples, but not up to the knee.
        let input = sine(997.0, -10.0, 30_000);
        let mut stage = Saturator::new(SETTINGS, 1);
        assert!(run(&mut stage, &input, 1) == input);
        assert!(!stage.report().applied);
    }

    #[test]
    fn peaks_bend_as_the_curve_says_and_stay_in_their_place() {
        let input = sine(300.0, 3.0, 40_000);
        let output = run(&mut Saturator::new(SETTINGS, 1), &input, 1);
        assert_eq!(output.len(), input.len());
        let (ceiling, knee) = (amplitude(-1.0), amplitude(-7.0));
        for (before, after) in input.iter().zip(&output).skip(500).take(39_000) {
            let x = f64::from(before.abs());
            let wanted = if x > knee {
                knee + (ceiling - knee) * ((x - knee) / (ceiling - knee)).tanh()
            } else {
                x
            };
            let got = f64::from(*after) * f64::from(before.signum());
            assert!((got - wanted).abs() < 2e-3, "{got} for {wanted}");
        }
    }

    #[test]
    fn a_5_khz_sine_at_full_drive_aliases_below_90_db() {
        let input = sine(5_000.0, 5.0, 44_100 + 2_000);
        let output = run(&mut Saturator::new(SETTINGS, 1), &input, 1);
        let levels = spectrum_db(&output[1_000..45_100]);
        let mut worst = -400.0_f64;
        for (hz, db) in levels.iter().enumerate().take(20_001).skip(20) {
            // The sine itself and the one harmonic below half the rate.
            if [5_000, 15_000].iter().all(|own| hz.abs_diff(*own) > 12) {
                worst = worst.max(*db);
            }
        }
        assert!(levels[15_000] > -60.0, "nothing was driven");
        assert!(worst < -90.0, "{worst} dBFS");
    }

    #[test]
    fn half_the_amount_takes_half_away() {
        let input = sine(100.0, 2.0, 20_000);
        let half = Saturation {
            amount: 0.5,
            ..SETTINGS
        };
        let full = run(&mut Saturator::new(SETTINGS, 1), &input, 1);
        let half = run(&mut Saturator::new(half, 1), &input, 1);
        for ((input, half), full) in input.iter().zip(&half).zip(&full) {
            assert!(((half - input) * 2.0 - (full - input)).abs() < 1e-5);
        }
    }

    #[test]
    fn channels_do_not_touch_each_other() {
        let loud = sine(400.0, 3.0, 9_000);
        let quiet = sine(700.0, -20.0, 9_000);
        let input: Vec<f32> = loud
            .iter()
            .zip(&quiet)
            .flat_map(|(l, r)| [*l, *r])
            .collect();
        let output = run(&mut Saturator::new(SETTINGS, 2), &input, 2);
        let right: Vec<f32> = output.iter().skip(1).step_by(2).copied().collect();
        assert!(right == quiet);
        let alone = run(&mut Saturator::new(SETTINGS, 1), &loud, 1);
        let left: Vec<f32> = output.iter().step_by(2).copied().collect();
        assert!(left == alone);
    }
}
