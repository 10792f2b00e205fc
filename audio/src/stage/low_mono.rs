//! Mono bass: the difference of left and right is taken out below a frequency.
//!
//! Only the low part of the difference is computed, with linear phase, and taken from one
//! channel and given to the other. So the sum of the two, and everything above the frequency,
//! stay as they were, without any turn of phase.

use serde_json::json;

use super::chain::Processor;
use super::convolver::{Convolver, Response};
use super::impulse::{linear_phase, taps_for};
use crate::master::report::StageReport;
use crate::meter::decibels;

/// Width of the crossing from mono to stereo.
const OCTAVES: f64 = 0.75;
/// Frequency step of the response: the crossing at the lowest frequency spans several.
const STEP_HZ: f64 = 12.0;
/// What moves between the channels lies on the grid of 24 bits: samples that lie on it too add
/// up without rounding, so that the sum of the channels is the same to the last bit.
const GRID: f32 = 8_388_608.0;
/// Below this level there was nothing to move.
const NOTHING_DB: f64 = -90.0;

/// How it is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LowMono {
    /// Frequency in hertz at which half of the difference is left.
    pub below_hz: f64,
    /// Share of the difference that is taken out, 0 to 1.
    pub amount: f64,
}

/// Makes the bass mono as stereo samples go by.
pub(crate) struct LowMonoer {
    settings: LowMono,
    convolver: Convolver,
    side: Vec<f32>,
    /// Samples whose low difference is not yet known.
    waiting: Vec<f32>,
    squares: f64,
    frames: f64,
}

impl LowMonoer {
    /// For interleaved stereo.
    pub(crate) fn new(settings: LowMono, sample_rate_hz: u32) -> Self {
        let rate = f64::from(sample_rate_hz);
        let impulse = linear_phase(rate, taps_for(rate, STEP_HZ), |hz| {
            settings.amount * low_pass(hz, settings.below_hz, OCTAVES)
        });
        Self {
            settings,
            convolver: Convolver::new(1, &[Response::All(&impulse)]),
            side: Vec::new(),
            waiting: Vec::new(),
            squares: 0.0,
            frames: 0.0,
        }
    }

    fn take(&mut self, finished: bool, out: &mut Vec<f32>) {
        let Self {
            convolver,
            side,
            waiting,
            squares,
            frames,
            ..
        } = self;
        let mut used = 0;
        let mut sink = |_: &[f32], wet: &[Vec<f32>]| {
            let low = wet.first().map_or(&[] as &[f32], Vec::as_slice);
            let (pairs, _) = waiting.get(used..).unwrap_or_default().as_chunks::<2>();
            let mut sum = 0.0_f32;
            out.extend(pairs.iter().zip(low).flat_map(|([left, right], low)| {
                let moved = (low * GRID).round() / GRID;
                sum += moved * moved;
                [left - moved, right + moved]
            }));
            used += low.len() * 2;
            *squares += f64::from(sum);
            *frames += low.len() as f64;
        };
        convolver.push(side, &mut sink);
        if finished {
            convolver.finish(&mut sink);
        }
        waiting.drain(..used.min(waiting.len()));
        side.clear();
    }
}

/// One below a frequency, zero above it, half at it; a cosine over the octaves between.
pub(crate) fn low_pass(hz: f64, corner_hz: f64, octaves: f64) -> f64 {
    let share = ((hz.max(1e-3) / corner_hz).log2() / octaves + 0.5).clamp(0.0, 1.0);
    0.5 + 0.5 * (std::f64::consts::PI * share).cos()
}

impl Processor for LowMonoer {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let (pairs, _) = samples.as_chunks::<2>();
        self.side
            .extend(pairs.iter().map(|[left, right]| (left - right) * 0.5));
        self.waiting.extend_from_slice(samples);
        self.take(false, out);
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        self.take(true, out);
        self.waiting.clear();
    }

    fn report(&self) -> StageReport {
        let rms = (self.squares / self.frames.max(1.0)).sqrt();
        let moved_db = decibels(rms).filter(|db| *db > NOTHING_DB);
        let LowMono { below_hz, amount } = self.settings;
        StageReport {
            stage: "low_mono".to_owned(),
            applied: moved_db.is_some(),
            summary: match moved_db {
                Some(db) => format!(
                    "Below {below_hz:.0} Hz, {:.0} % of the difference between left and right \
                     was taken out: a signal of {db:.0} dBFS.",
                    amount * 100.0
                ),
                None => format!("Below {below_hz:.0} Hz the track is mono already."),
            },
            details: json!({
                "below_hz": below_hz,
                "amount_percent": amount * 100.0,
                "removed_side_dbfs": moved_db,
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use crate::stage::chain::run;
    use std::f64::consts::PI;

    const SETTINGS: LowMono = LowMono {
        below_hz: 120.0,
        amount: 1.0,
    };

    fn sines(middle_hz: f64, side_hz: f64) -> Vec<f32> {
        let on_grid = |value: f64| ((value * 8_388_608.0).round() / 8_388_608.0) as f32;
        (0..90_000)
            .flat_map(|n| {
                let t = 2.0 * PI * f64::from(n) / 44_100.0;
                let (m, s) = ((t * middle_hz).sin() * 0.4, (t * side_hz).sin() * 0.3);
                [on_grid(m + s), on_grid(m - s)]
            })
            .collect()
    }

    fn side_gain_db(settings: LowMono, side_hz: f64) -> f64 {
        let input = sines(80.0, side_hz);
        let output = run(&mut LowMonoer::new(settings, 44_100), &input, 2);
        assert_eq!(output.len(), input.len());
        let power = |samples: &[f32]| {
            let (pairs, _) = samples[60_000..120_000].as_chunks::<2>();
            let squares = pairs
                .iter()
                .map(|[left, right]| f64::from(left - right).powi(2));
            squares.sum::<f64>().max(1e-12)
        };
        10.0 * (power(&output) / power(&input)).log10()
    }

    #[test]
    fn the_difference_goes_below_the_frequency_and_stays_above_it() {
        assert!(side_gain_db(SETTINGS, 60.0) < -70.0);
        assert!((side_gain_db(SETTINGS, 120.0) + 6.02).abs() < 0.1);
        assert!(side_gain_db(SETTINGS, 250.0).abs() < 0.001);
        let half = LowMono {
            amount: 0.5,
            ..SETTINGS
        };
        assert!((side_gain_db(half, 60.0) + 6.02).abs() < 0.01);
    }

    #[test]
    fn the_sum_of_the_channels_stays_to_the_last_bit() {
        let input = sines(80.0, 55.0);
        let output = run(&mut LowMonoer::new(SETTINGS, 44_100), &input, 2);
        let (before, _) = input.as_chunks::<2>();
        let (after, _) = output.as_chunks::<2>();
        for (before, after) in before.iter().zip(after) {
            // Adding zero makes the two zeros one.
            let sum = |pair: &[f32; 2]| (f64::from(pair[0]) + f64::from(pair[1]) + 0.0).to_bits();
            assert_eq!(sum(before), sum(after));
        }
    }

    #[test]
    fn a_mono_track_in_two_channels_passes_untouched_and_the_report_says_so() {
        let input: Vec<f32> = sines(80.0, 300.0)
            .chunks(2)
            .flat_map(|pair| [pair[0], pair[0]])
            .collect();
        let mut stage = LowMonoer::new(SETTINGS, 44_100);
        assert!(run(&mut stage, &input, 2) == input);
        assert!(!stage.report().applied);
    }
}
