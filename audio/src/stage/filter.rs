//! An equaliser of any curve, with linear or minimum phase, the same for all channels or one
//! curve for the middle and one for the sides.
//!
//! Linear phase keeps the waveform's shape but answers a little before the sound; minimum phase
//! never does, and turns the phase where it changes the gain.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::chain::Processor;
use super::convolver::{Convolver, Response};
use super::impulse::{Impulse, linear_phase_db, minimum_phase, taps_for};
use crate::master::report::StageReport;

/// Coarsest frequency step of a response: fine enough for the lowest third octaves, and about
/// 90 ms long, short enough not to be heard before the sound.
const STEP_HZ: f64 = 12.0;
/// Frequencies at which the report looks for the largest change.
const LOWEST_HZ: f64 = 20.0;
const HIGHEST_HZ: f64 = 20_000.0;

/// What the filter does to phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// None: all frequencies keep their place in time.
    #[default]
    Linear,
    /// As little as such a gain can do without answering early.
    Minimum,
}

impl Phase {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Minimum => "minimum",
        }
    }

    fn impulse(self, sample_rate_hz: u32, curve_db: impl Fn(f64) -> f64) -> Impulse {
        let rate = f64::from(sample_rate_hz);
        let taps = taps_for(rate, STEP_HZ);
        match self {
            Self::Linear => linear_phase_db(rate, taps, curve_db),
            Self::Minimum => minimum_phase(rate, taps, curve_db),
        }
    }
}

/// An equaliser at work on interleaved samples.
pub(crate) struct Filter {
    convolver: Convolver,
    channels: usize,
    phase: Phase,
    /// Largest change in decibels of the middle (or of all channels) and of the sides.
    largest_db: f64,
    largest_side_db: Option<f64>,
    /// What the balance is brought towards, if anything.
    towards: Option<String>,
}

impl Filter {
    /// The same curve for all channels: gain in decibels over hertz.
    pub(crate) fn new(
        phase: Phase,
        sample_rate_hz: u32,
        channels: usize,
        curve_db: impl Fn(f64) -> f64,
    ) -> Self {
        let impulse = phase.impulse(sample_rate_hz, &curve_db);
        Self {
            convolver: Convolver::new(channels, &[Response::All(&impulse)]),
            channels,
            phase,
            largest_db: largest(curve_db),
            largest_side_db: None,
            towards: None,
        }
    }

    /// Two channels, with one curve for their sum and one for their difference.
    pub(crate) fn mid_side(
        phase: Phase,
        sample_rate_hz: u32,
        mid_db: impl Fn(f64) -> f64,
        side_db: impl Fn(f64) -> f64,
    ) -> Self {
        let mid = phase.impulse(sample_rate_hz, &mid_db);
        let side = phase.impulse(sample_rate_hz, &side_db);
        Self {
            convolver: Convolver::new(2, &[Response::MidSide(&mid, &side)]),
            channels: 2,
            phase,
            largest_db: largest(mid_db),
            largest_side_db: Some(largest(side_db)),
            towards: None,
        }
    }

    /// Says in the report what the balance is brought towards.
    pub(crate) fn towards(mut self, what: &str) -> Self {
        self.towards = Some(what.to_owned());
        self
    }

    pub(crate) fn channels(&self) -> usize {
        self.channels
    }
}

/// The change that is farthest from none, with its sign.
fn largest(curve_db: impl Fn(f64) -> f64) -> f64 {
    let mut largest = 0.0_f64;
    let mut hz = LOWEST_HZ;
    while hz <= HIGHEST_HZ {
        let db = curve_db(hz);
        if db.abs() > largest.abs() {
            largest = db;
        }
        hz *= 2.0_f64.powf(1.0 / 12.0);
    }
    largest
}

impl Processor for Filter {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.convolver.push(samples, |_, wet| {
            out.extend_from_slice(wet.first().map_or(&[], Vec::as_slice));
        });
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        self.convolver.finish(|_, wet| {
            out.extend_from_slice(wet.first().map_or(&[], Vec::as_slice));
        });
    }

    fn report(&self) -> StageReport {
        let phase = self.phase.as_str();
        let what = match &self.towards {
            Some(towards) => format!("brought towards {towards}"),
            None => "changed".to_owned(),
        };
        let most = match self.largest_side_db {
            None => format!("{:+.1} dB", self.largest_db),
            Some(side) => format!(
                "{:+.1} dB in the middle and {side:+.1} dB at the sides",
                self.largest_db
            ),
        };
        let summary = format!("The balance was {what} by at most {most}, with {phase} phase.");
        StageReport {
            stage: "eq".to_owned(),
            applied: true,
            summary,
            details: json!({
                "phase": phase,
                "largest_db": self.largest_db,
                "largest_side_db": self.largest_side_db,
                "towards": self.towards,
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

    fn shelf(hz: f64) -> f64 {
        -4.0 / (1.0 + (hz / 2_000.0).powi(2))
    }

    fn click() -> Vec<f32> {
        let mut click = vec![0.0_f32; 40_000];
        click[20_000] = 1.0;
        click[20_001] = 0.5;
        click
    }

    #[test]
    fn minimum_phase_says_nothing_before_the_sound_and_linear_phase_does() {
        let early = |phase: Phase| {
            let mut filter = Filter::new(phase, 48_000, 2, shelf);
            let output = run(&mut filter, &click(), 2);
            assert_eq!(output.len(), 40_000);
            output[..20_000]
                .iter()
                .fold(0.0_f32, |most, sample| most.max(sample.abs()))
        };
        assert!(early(Phase::Minimum) < 1e-6, "{}", early(Phase::Minimum));
        assert!(early(Phase::Linear) > 1e-4, "{}", early(Phase::Linear));
    }

    #[test]
    fn mid_and_side_get_their_own_gain_in_both_phases() {
        let frames = 60_000_u32;
        let sine = |hz: f64, n: u32| (2.0 * PI * hz * f64::from(n) / 44_100.0).sin() * 0.2;
        let input: Vec<f32> = (0..frames)
            .flat_map(|n| {
                let (mid, side) = (sine(500.0, n), sine(3_000.0, n));
                [(mid + side) as f32, (mid - side) as f32]
            })
            .collect();
        for phase in [Phase::Linear, Phase::Minimum] {
            let mut filter = Filter::mid_side(phase, 44_100, |_| 3.0, |_| -6.0);
            let output = run(&mut filter, &input, 2);
            assert_eq!(output.len(), input.len());
            let rms = |samples: &[f32], sign: f32| {
                let (pairs, _) = samples[40_000..80_000].as_chunks::<2>();
                let squares = pairs
                    .iter()
                    .map(|[left, right]| f64::from((left + sign * right) / 2.0).powi(2));
                squares.sum::<f64>().sqrt()
            };
            for (sign, wanted) in [(1.0, 3.0), (-1.0, -6.0)] {
                let gain = 20.0 * (rms(&output, sign) / rms(&input, sign)).log10();
                assert!((gain - wanted).abs() < 0.01, "{gain} for {wanted}");
            }
        }
    }
}
