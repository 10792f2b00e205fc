//! How deep the limiter went, over the ticks of a track.

use super::report::GainReduction;
use crate::meter::{amplitude, decibels};
use crate::stage::limiter::Limiter;

/// Steps between no reduction and total reduction.
const STEPS: usize = 4_096;
/// Reductions below this do not count as limiting.
const ACTIVE_DB: f64 = 0.1;

/// Counts of ticks by their deepest reduction.
#[derive(Debug, Clone)]
pub(crate) struct Reductions {
    steps: Vec<u64>,
    most: f32,
    ticks: u64,
}

impl Reductions {
    pub(crate) fn of(limiter: &Limiter) -> Self {
        let mut reductions = Self {
            steps: vec![0; STEPS],
            most: 0.0,
            ticks: 0,
        };
        for (from, to) in limiter.ticks() {
            let deepest = from.max(to);
            reductions.ticks += 1;
            if deepest > 0.0 {
                reductions.most = reductions.most.max(deepest);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of the steps"
                )]
                let step = (f64::from(deepest) * STEPS as f64) as usize;
                if let Some(count) = reductions.steps.get_mut(step.min(STEPS - 1)) {
                    *count += 1;
                }
            }
        }
        reductions
    }

    /// The reduction that is passed in so many ticks only, in decibels.
    pub(crate) fn passed_for(&self, ticks: u64) -> f64 {
        let mut count = 0;
        for (step, ticks_here) in self.steps.iter().enumerate().rev() {
            count += ticks_here;
            if count > ticks {
                return depth_db((step + 1) as f64 / STEPS as f64);
            }
        }
        0.0
    }

    pub(crate) fn summary(&self) -> GainReduction {
        let active_from = (1.0 - amplitude(-ACTIVE_DB)) * STEPS as f64;
        let (mut active, mut sum_db) = (0_u64, 0.0);
        for (step, count) in self.steps.iter().enumerate() {
            let middle = step as f64 + 0.5;
            if *count > 0 && middle > active_from {
                active += count;
                sum_db += depth_db(middle / STEPS as f64) * *count as f64;
            }
        }
        GainReduction {
            max_db: depth_db(f64::from(self.most)),
            mean_db: sum_db / active.max(1) as f64,
            active_percent: 100.0 * active as f64 / self.ticks.max(1) as f64,
        }
    }
}

/// A reduction from 1 in decibels, positive.
pub(crate) fn depth_db(reduction: f64) -> f64 {
    decibels((1.0 - reduction).max(1.0e-9)).map_or(0.0, |db| 0.0 - db)
}
