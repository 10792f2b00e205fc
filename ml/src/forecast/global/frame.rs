//! What a global forecaster looks at and answers, and how values are scaled for it.

use serde::{Deserialize, Serialize};

use crate::{MlError, Result};

/// The longest horizon of a forecaster.
pub const LONGEST_HORIZON: usize = 512;
/// The longest season of a forecaster.
pub const LONGEST_SEASON: usize = 366;
/// Numbers that come out of the network a step: the median, and the two widths.
pub(super) const HEADS: usize = 3;
/// What scaled values are cut to.
pub(super) const FURTHEST: f64 = 5.0;

/// The frame of a forecaster.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Values that go in, the latest last.
    pub context: usize,
    /// Steps that are forecast.
    pub horizon: usize,
    /// Steps of one season; 1 for none.
    pub season: usize,
    /// Latest values whose mean logarithm is the level that all else is relative to.
    pub level: usize,
    /// Whether the place in the season goes in too.
    pub phased: bool,
    /// What is added to every value before its logarithm is taken, as a share of the mean of those
    /// that go in.
    pub offset: f64,
}

impl Frame {
    /// A frame for series of these lengths, in rising order.
    pub(super) fn fit(lengths: &[usize], horizon: usize, season: usize) -> Result<Self> {
        if !(1..=LONGEST_HORIZON).contains(&horizon) {
            let rule = format!("must be 1 to {LONGEST_HORIZON}");
            return Err(MlError::Setting {
                field: "horizon",
                rule,
            });
        }
        if !(1..=LONGEST_SEASON).contains(&season) {
            let rule = format!("must be 1 to {LONGEST_SEASON}");
            return Err(MlError::Setting {
                field: "season",
                rule,
            });
        }
        let natural = match season {
            1 => (8 * horizon).clamp(8, 112),
            2..7 => 4 * season,
            7 => 56,
            8..24 => 3 * season,
            24..48 => 14 * season,
            _ => 2 * season,
        };
        let typical = lengths.get(lengths.len() / 4).copied().unwrap_or(0);
        let least = season.max(4);
        let context = natural.min(typical.saturating_sub(horizon)).max(least);
        Ok(Self {
            context,
            horizon,
            season,
            level: season,
            phased: false,
            offset: 0.0,
        })
    }

    /// The shortest history that is learned from or scored: the rest is made up on the left.
    pub(super) fn least(&self) -> usize {
        (2 * self.season).max(4).min(self.context)
    }

    /// Values at the beginning of a window that network `index` of an ensemble does not see: each
    /// looks back over all, a half or a quarter of it. Networks that err differently are worth more
    /// together.
    pub(super) fn unseen(&self, index: usize) -> usize {
        let seen = (self.context >> (index % 3)).max(self.least());
        self.context.saturating_sub(seen)
    }

    /// Numbers that go into the network.
    pub(super) fn inputs(&self) -> usize {
        self.context + if self.phased { self.season } else { 0 }
    }

    /// Numbers that come out of the network.
    pub(super) fn outputs(&self) -> usize {
        self.horizon * HEADS
    }

    /// The last values of a history; what is missing on the left is the earliest season, repeated.
    /// A history must not be empty.
    pub fn window(&self, history: &[f64]) -> Vec<f64> {
        let missing = self.context.saturating_sub(history.len());
        let period = self.season.min(history.len()).max(1);
        let fill = (0..missing).map(|at| {
            let phase = (period - (missing - at) % period) % period;
            history.get(phase).copied().unwrap_or(0.0)
        });
        let last = history
            .iter()
            .skip(history.len().saturating_sub(self.context));
        fill.chain(last.copied()).collect()
    }

    /// Logarithms of a window's values, and what was added to each value before.
    pub(super) fn logs(&self, window: &[f64]) -> (Vec<f64>, f64) {
        let mean = window.iter().sum::<f64>() / window.len().max(1) as f64;
        let added = self.offset * mean + TINY;
        (
            window
                .iter()
                .map(|value| (value.max(0.0) + added).ln())
                .collect(),
            added,
        )
    }

    /// The level of a window's logarithms.
    pub(super) fn level(&self, logs: &[f64]) -> f64 {
        let count = self.level.clamp(1, logs.len().max(1));
        logs.iter().rev().take(count).sum::<f64>() / count as f64
    }
}

/// Keeps the logarithm of 0 finite.
pub(super) const TINY: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_histories_are_filled_up_season_by_season() {
        let frame = Frame {
            context: 8,
            ..Frame::fit(&[40], 2, 3).unwrap()
        };
        assert_eq!(
            frame.window(&[1.0, 2.0, 3.0, 4.0]),
            [3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0]
        );
        assert_eq!(frame.window(&[5.0]), [5.0; 8]);
    }

    #[test]
    fn horizons_and_seasons_out_of_range_are_refused() {
        for (horizon, season) in [(0, 1), (513, 1), (1, 0), (1, 367)] {
            assert_eq!(
                Frame::fit(&[100], horizon, season).unwrap_err().code(),
                "bad_setting"
            );
        }
    }
}
