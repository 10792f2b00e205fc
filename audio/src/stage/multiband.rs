//! Gentle dynamics in one to three bands, linked over the channels and bounded.
//!
//! Where no band is held back the sound passes bit for bit; elsewhere each band has a gain that
//! is drawn as a line from step to step. One band is a wide-band compressor.

use pulp::{Simd, WithSimd};
use serde_json::json;

use super::chain::Processor;
use super::crossover::{Crossover, MOST_CROSSINGS};
use super::dynamics::{Dynamics, Follower, Reduction};
use crate::kernel;
use crate::master::report::StageReport;

/// Frames of a step: the levels are looked at once for so many.
pub(crate) const STEP: usize = 64;
const MOST_BANDS: usize = MOST_CROSSINGS + 1;
/// Less than this, in decibels, is not worth telling.
const TOLD_DB: f64 = 0.05;

/// Holds bands back as samples go by.
pub(crate) struct Multiband {
    crossover: Crossover,
    crossings_hz: Vec<f64>,
    gains: Gains,
}

/// The bands' gains, apart from the crossover that they borrow from.
struct Gains {
    followers: Vec<Follower>,
    now: [f32; MOST_BANDS],
    channels: usize,
}

impl Multiband {
    /// Bands from low to high, with the crossings between them in hertz, rising: one less than
    /// bands. What is beyond three bands is left out.
    pub(crate) fn new(
        crossings_hz: &[f64],
        bands: &[Dynamics],
        sample_rate_hz: u32,
        channels: usize,
    ) -> Self {
        let channels = channels.max(1);
        let crossings_hz: Vec<f64> = crossings_hz
            .iter()
            .copied()
            .take(bands.len().min(MOST_BANDS).saturating_sub(1))
            .collect();
        let steps_per_second = f64::from(sample_rate_hz) / STEP as f64;
        let followers = bands
            .iter()
            .take(crossings_hz.len() + 1)
            .map(|band| Follower::new(*band, steps_per_second))
            .collect();
        Self {
            crossover: Crossover::new(&crossings_hz, sample_rate_hz, channels),
            crossings_hz,
            gains: Gains {
                followers,
                now: [1.0; MOST_BANDS],
                channels,
            },
        }
    }

    /// What was taken away in each band.
    pub(crate) fn reductions(&self) -> Vec<Reduction> {
        self.gains
            .followers
            .iter()
            .map(Follower::reduction)
            .collect()
    }

    fn band_name(&self, band: usize) -> String {
        let low = band.checked_sub(1).and_then(|at| self.crossings_hz.get(at));
        match (low, self.crossings_hz.get(band)) {
            (None, None) => "the whole range".to_owned(),
            (None, Some(high)) => format!("below {high:.0} Hz"),
            (Some(low), None) => format!("above {low:.0} Hz"),
            (Some(low), Some(high)) => format!("from {low:.0} to {high:.0} Hz"),
        }
    }
}

impl Gains {
    /// Appends the sound with the bands' gains.
    fn apply(&mut self, dry: &[f32], lows: &[Vec<f32>], out: &mut Vec<f32>) {
        let start = out.len();
        out.extend_from_slice(dry);
        let wet = out.get_mut(start..).unwrap_or_default();
        let low = |at: usize| lows.get(at).map_or(&[] as &[f32], Vec::as_slice);
        kernel::run(Steps {
            gains: self,
            wet,
            lows: [low(0), low(1)],
        });
    }

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn steps(&mut self, sound: &mut [f32], lows: [&[f32]; MOST_CROSSINGS]) {
        let size = STEP * self.channels;
        let [mut first, mut second] = lows.map(|low| low.chunks(size));
        for sound in sound.chunks_mut(size) {
            let lows = [
                first.next().unwrap_or_default(),
                second.next().unwrap_or_default(),
            ];
            let mut goal = self.now;
            let squares = squares(sound, lows);
            for ((goal, follower), sum) in goal.iter_mut().zip(&mut self.followers).zip(squares) {
                #[expect(clippy::cast_possible_truncation, reason = "gains are f32")]
                {
                    *goal = follower.next(f64::from(sum) / sound.len() as f64) as f32;
                }
            }
            let still = goal.iter().chain(&self.now).all(|gain| *gain >= 1.0);
            if !still {
                draw(sound, lows, self.now, goal, self.channels);
            }
            self.now = goal;
        }
    }
}

/// Steps through a block, each kind of crossover in a loop of its own.
struct Steps<'a> {
    gains: &'a mut Gains,
    wet: &'a mut [f32],
    lows: [&'a [f32]; MOST_CROSSINGS],
}

impl WithSimd for Steps<'_> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gains, wet, lows } = self;
        match lows {
            [[], _] => gains.steps(wet, [&[], &[]]),
            [first, []] => gains.steps(wet, [first, &[]]),
            both => gains.steps(wet, both),
        }
    }
}

/// The energy of each band: a band is a low-pass less the one below it.
#[expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]
#[inline(always)]
fn squares(sound: &[f32], [first, second]: [&[f32]; MOST_CROSSINGS]) -> [f32; MOST_BANDS] {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => [sum(sound.iter().map(|x| x * x)), 0.0, 0.0],
        (_, true) => [
            sum(first.iter().map(|low| low * low)),
            sum(sound.iter().zip(first).map(|(x, low)| (x - low).powi(2))),
            0.0,
        ],
        _ => [
            sum(first.iter().map(|low| low * low)),
            sum(second
                .iter()
                .zip(first)
                .map(|(high, low)| (high - low).powi(2))),
            sum(sound.iter().zip(second).map(|(x, low)| (x - low).powi(2))),
        ],
    }
}

/// A sum in lanes that the compiler can vectorise.
#[expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]
#[inline(always)]
fn sum(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let mut held = [0.0_f32; 8];
    let mut filled = 0;
    for value in values {
        if let Some(place) = held.get_mut(filled) {
            *place = value;
        }
        filled += 1;
        if filled == held.len() {
            for (lane, value) in lanes.iter_mut().zip(held) {
                *lane += value;
            }
            filled = 0;
        }
    }
    lanes.iter().sum::<f32>() + held.iter().take(filled).sum::<f32>()
}

/// Multiplies each band by its gain, on a line from where it was to where it goes.
#[expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]
#[inline(always)]
fn draw(
    sound: &mut [f32],
    [first, second]: [&[f32]; MOST_CROSSINGS],
    from: [f32; MOST_BANDS],
    to: [f32; MOST_BANDS],
    channels: usize,
) {
    let frames = (sound.len() / channels) as f32;
    // What each low-passed version adds to the sound at the highest band's gain.
    let bands = 1 + usize::from(!first.is_empty()) + usize::from(!second.is_empty());
    let parts = |gains: [f32; MOST_BANDS]| match bands {
        1 => [gains[0], 0.0, 0.0],
        2 => [gains[1], gains[0] - gains[1], 0.0],
        _ => [gains[2], gains[0] - gains[1], gains[1] - gains[2]],
    };
    let (from, to) = (parts(from), parts(to));
    let mut slope = [0.0; MOST_BANDS];
    for ((slope, from), to) in slope.iter_mut().zip(from).zip(to) {
        *slope = (to - from) / frames;
    }
    let share = |index: usize| (index / channels) as f32 + 1.0;
    match bands {
        1 => {
            for (index, x) in sound.iter_mut().enumerate() {
                *x *= from[0] + slope[0] * share(index);
            }
        }
        2 => {
            for (index, (x, low)) in sound.iter_mut().zip(first).enumerate() {
                let at = share(index);
                *x = *x * (from[0] + slope[0] * at) + low * (from[1] + slope[1] * at);
            }
        }
        _ => {
            for (index, ((x, one), two)) in sound.iter_mut().zip(first).zip(second).enumerate() {
                let at = share(index);
                *x = *x * (from[0] + slope[0] * at)
                    + one * (from[1] + slope[1] * at)
                    + two * (from[2] + slope[2] * at);
            }
        }
    }
}

impl Processor for Multiband {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let gains = &mut self.gains;
        self.crossover
            .push(samples, |dry, lows| gains.apply(dry, lows, out));
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        let gains = &mut self.gains;
        self.crossover
            .finish(|dry, lows| gains.apply(dry, lows, out));
    }

    fn report(&self) -> StageReport {
        let reductions = self.reductions();
        let told: Vec<String> = reductions
            .iter()
            .enumerate()
            .filter(|(_, reduction)| reduction.max_db > TOLD_DB)
            .map(|(band, reduction)| {
                format!(
                    "{} by {:.1} dB on average and {:.1} dB at most",
                    self.band_name(band),
                    reduction.mean_db,
                    reduction.max_db
                )
            })
            .collect();
        let bands: Vec<serde_json::Value> = reductions
            .iter()
            .enumerate()
            .map(|(band, reduction)| {
                json!({
                    "band": self.band_name(band),
                    "max_reduction_db": reduction.max_db,
                    "mean_reduction_db": reduction.mean_db,
                    "active_percent": reduction.active_percent,
                })
            })
            .collect();
        StageReport {
            stage: "multiband".to_owned(),
            applied: !told.is_empty(),
            summary: if told.is_empty() {
                "No passage was loud enough in any band to be held back.".to_owned()
            } else {
                format!("Loud passages were held back: {}.", told.join(", "))
            },
            details: json!({ "bands": bands }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use crate::stage::chain::run;
    use std::f64::consts::PI;

    const CROSSINGS: [f64; 2] = [150.0, 2_500.0];

    fn band(threshold_db: f64) -> Dynamics {
        Dynamics {
            threshold_db,
            ratio: 2.0,
            knee_db: 6.0,
            attack_seconds: 0.02,
            release_seconds: 0.2,
            most_db: 3.0,
        }
    }

    /// Sines of 60 Hz, 600 Hz and 6 kHz with their own amplitudes, on both channels.
    fn sines(amplitudes: [f64; 3]) -> Vec<f32> {
        (0..130_000)
            .flat_map(|n| {
                let t = 2.0 * PI * f64::from(n) / 44_100.0;
                let x: f64 = [60.0, 600.0, 6_000.0]
                    .iter()
                    .zip(amplitudes)
                    .map(|(hz, amplitude)| amplitude * (t * hz).sin())
                    .sum();
                [x as f32, (x * 0.5) as f32]
            })
            .collect()
    }

    /// Level of one frequency on the left, settled.
    fn level_db(samples: &[f32], hz: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, frame) in samples.chunks(2).enumerate().skip(60_000).take(44_100) {
            let angle = 2.0 * PI * hz * n as f64 / 44_100.0;
            re += f64::from(frame[0]) * angle.cos();
            im += f64::from(frame[0]) * angle.sin();
        }
        20.0 * (re.hypot(im) / 22_050.0).log10()
    }

    #[test]
    fn with_nothing_to_hold_back_the_sound_passes_bit_for_bit() {
        let input = sines([0.3, 0.2, 0.1]);
        for bands in 1..=3 {
            let quiet = vec![band(6.0); bands];
            let mut stage = Multiband::new(&CROSSINGS, &quiet, 44_100, 2);
            assert!(run(&mut stage, &input, 2) == input);
            assert!(!stage.report().applied);
        }
    }

    #[test]
    fn only_the_band_that_is_too_loud_is_held_back_and_no_further_than_the_bound() {
        let input = sines([0.5, 0.05, 0.05]);
        let bands = [band(-30.0), band(-10.0), band(-10.0)];
        let mut stage = Multiband::new(&CROSSINGS, &bands, 44_100, 2);
        let output = run(&mut stage, &input, 2);
        for (hz, wanted) in [(60.0, -3.0), (600.0, 0.0), (6_000.0, 0.0)] {
            let gain = level_db(&output, hz) - level_db(&input, hz);
            assert!((gain - wanted).abs() < 0.01, "{gain} dB at {hz} Hz");
        }
        assert!(stage.report().applied);
    }

    #[test]
    fn all_bands_held_back_alike_leave_the_balance_flat() {
        // Every band at its bound: any unevenness is the crossover's.
        let bands = [band(-120.0); 3];
        for hz in [
            40.0, 75.0, 106.0, 150.0, 212.0, 300.0, 1_800.0, 2_500.0, 3_500.0, 12_000.0,
        ] {
            let input: Vec<f32> = (0..130_000)
                .flat_map(|n| {
                    let x = (2.0 * PI * hz * f64::from(n) / 44_100.0).sin() as f32 * 0.3;
                    [x, x]
                })
                .collect();
            let mut stage = Multiband::new(&CROSSINGS, &bands, 44_100, 2);
            let output = run(&mut stage, &input, 2);
            assert_eq!(output.len(), input.len());
            let gain = level_db(&output, hz) - level_db(&input, hz);
            assert!((gain + 3.0).abs() < 0.01, "{gain} dB at {hz} Hz");
        }
    }

    #[test]
    fn one_band_is_a_wide_band_compressor() {
        let input = sines([0.1, 0.3, 0.1]);
        let mut stage = Multiband::new(&[], &[band(-30.0)], 44_100, 2);
        let output = run(&mut stage, &input, 2);
        for hz in [60.0, 600.0, 6_000.0] {
            let gain = level_db(&output, hz) - level_db(&input, hz);
            assert!((gain + 3.0).abs() < 0.01, "{gain} dB at {hz} Hz");
        }
    }

    #[test]
    fn channels_are_held_back_together() {
        let input = sines([0.5, 0.1, 0.1]);
        let bands = [band(-30.0); 3];
        let mut stage = Multiband::new(&CROSSINGS, &bands, 44_100, 2);
        let output = run(&mut stage, &input, 2);
        let (pairs, _) = output.as_chunks::<2>();
        assert!(
            pairs
                .iter()
                .all(|[left, right]| (left * 0.5 - right).abs() < 1e-6)
        );
    }
}
