//! An equaliser of any curve, with linear or minimum phase, the same for all channels or one
//! curve for the middle and one for the sides.
//!
//! Linear phase keeps the waveform's shape but answers a little before the sound; minimum phase
//! never does, and turns the phase where it changes the gain.

use serde::{Deserialize, Serialize};

use super::chain::Processor;
use super::convolver::{Convolver, Response};
use super::impulse::{Impulse, linear_phase_db, minimum_phase, taps_for};
use super::matching::Matching;
use crate::master::report::StageReport;

/// Coarsest frequency step of a response: fine enough for the lowest third octaves, and about
/// 90 ms long, short enough not to be heard before the sound.
const STEP_HZ: f64 = 12.0;

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

    /// The impulse response of a curve: gain in decibels over hertz.
    pub(crate) fn impulse(self, sample_rate_hz: u32, curve_db: impl Fn(f64) -> f64) -> Impulse {
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
    told: StageReport,
}

impl Filter {
    /// The curves that were found for a track, with what there is to tell of them; `whose` tone
    /// it comes close to.
    pub(crate) fn matching(
        matching: &Matching,
        phase: Phase,
        sample_rate_hz: u32,
        channels: usize,
        whose: &str,
    ) -> Self {
        let mid = phase.impulse(sample_rate_hz, |hz| matching.mid.at(hz));
        let convolver = match &matching.side {
            Some(side) if channels == 2 => {
                let side = phase.impulse(sample_rate_hz, |hz| side.at(hz));
                Convolver::new(2, &[Response::MidSide(&mid, &side)])
            }
            _ => Convolver::new(channels, &[Response::All(&mid)]),
        };
        Self {
            convolver,
            told: matching.report(phase, whose),
        }
    }
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
        self.told.clone()
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use crate::stage::chain::run;
    use crate::stage::curve::Curve;
    use std::f64::consts::PI;

    fn flat(mid: f64, side: f64) -> Matching {
        curves(
            &[(20.0, mid), (20_000.0, mid)],
            Some(&[(20.0, side), (20_000.0, side)]),
        )
    }

    fn curves(mid: &[(f64, f64)], side: Option<&[(f64, f64)]>) -> Matching {
        let curve = |points: &[(f64, f64)]| Curve::through(points.iter().copied());
        Matching {
            mid: curve(mid),
            side: side.map(curve),
            distance_db: (0.0, 0.0),
            goal: Vec::new(),
            kept_off: Vec::new(),
        }
    }

    fn shelf() -> Matching {
        curves(&[(500.0, -4.0), (4_000.0, 0.0)], None)
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
            let mut filter = Filter::matching(&shelf(), phase, 48_000, 2, "x");
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
                let (middle, outer) = (sine(500.0, n), sine(3_000.0, n));
                [(middle + outer) as f32, (middle - outer) as f32]
            })
            .collect();
        for phase in [Phase::Linear, Phase::Minimum] {
            let mut filter = Filter::matching(&flat(3.0, -6.0), phase, 44_100, 2, "x");
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
