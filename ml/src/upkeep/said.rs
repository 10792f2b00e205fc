//! What a version said of rows whose truth is known.

use super::calibrated::{Ordered, log_losses};

/// What a version said: what each row costs, and how far it is from what it claims of itself.
pub trait Said {
    /// The loss of each row; the smaller the better.
    fn losses(&self) -> &[f64];
    /// The calibration error over all rows, each counted as often as its weight says.
    fn calibration_error(&self, weights: &[u32]) -> f64;
}

/// Probabilities of leaving. The loss is the log-loss, nats; the calibration error is the expected one
/// over ten bins of as many rows each.
pub struct Probabilities {
    losses: Vec<f64>,
    ordered: Ordered,
}

impl Probabilities {
    /// Of rows of which it is known whether they left.
    pub fn new(likely: &[f64], left: &[bool]) -> Self {
        Self {
            losses: log_losses(likely, left),
            ordered: Ordered::new(likely, left),
        }
    }
}

impl Said for Probabilities {
    fn losses(&self) -> &[f64] {
        &self.losses
    }

    fn calibration_error(&self, weights: &[u32]) -> f64 {
        self.ordered.error(weights)
    }
}

/// Forecasts with intervals. The loss is the absolute error in units of the series' own mean change
/// over a season (MASE); the calibration error is how far the share of values within the intervals is
/// from the share that was promised.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// The loss of each row.
    pub losses: Vec<f64>,
    /// The share of each row's values that lay within their interval.
    pub within: Vec<f64>,
    /// The share that was promised.
    pub level: f64,
}

impl Said for Intervals {
    fn losses(&self) -> &[f64] {
        &self.losses
    }

    fn calibration_error(&self, weights: &[u32]) -> f64 {
        let (mut within, mut all) = (0.0, 0.0);
        for (weight, share) in weights.iter().zip(&self.within) {
            within += f64::from(*weight) * share;
            all += f64::from(*weight);
        }
        if all > 0.0 {
            (within / all - self.level).abs()
        } else {
            0.0
        }
    }
}
