//! Two versions on the same rows: how much better one is, with bounds by paired bootstrap.

use serde::{Deserialize, Serialize};

use super::said::Said;
use super::sample::{Counted, Sample};

/// A difference, and where it surely lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// As measured.
    pub mean: f64,
    /// It is above this with the confidence of the bound.
    pub low: f64,
    /// It is below this with the confidence of the bound.
    pub high: f64,
}

/// How two versions did on the same rows. Differences are above 0 where the second is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What they were compared on.
    #[serde(flatten)]
    pub counted: Counted,
    /// Mean loss of the first, in the unit of [`Said`].
    pub loss_before: f64,
    /// Mean loss of the second.
    pub loss_after: f64,
    /// By how much the loss is smaller.
    pub loss: Difference,
    /// Calibration error of the first.
    pub calibration_error_before: f64,
    /// Calibration error of the second.
    pub calibration_error_after: f64,
    /// By how much the calibration error is smaller.
    pub calibration_error: Difference,
    /// The confidence of each bound, one-sided.
    pub confidence: f64,
    /// What the draws follow from.
    pub seed: u64,
}

/// The mean of values with its bounds. Rows are drawn with replacement.
pub fn mean_within(values: &[f64], sample: &Sample, confidence: f64, seed: u64) -> Difference {
    let draws = sample.drawn(seed);
    let draws = draws.filter_map(|weights| weighted(values, &weights));
    bounds(mean(values), draws.collect(), sample.outside(confidence))
}

/// Holds what two versions said of the same rows against each other. Rows are drawn with replacement,
/// each with what both said.
pub fn compare(
    before: &impl Said,
    after: &impl Said,
    sample: &Sample,
    confidence: f64,
    seed: u64,
) -> Compared {
    let losses = before.losses().iter().zip(after.losses());
    let gains: Vec<f64> = losses.map(|(before, after)| before - after).collect();
    let once = vec![1; gains.len()];
    let error_before = before.calibration_error(&once);
    let error_after = after.calibration_error(&once);
    let (mut losses, mut errors) = (Vec::new(), Vec::new());
    for weights in sample.drawn(seed) {
        // Rows of a draw may all be missing where not every series has every week.
        if let Some(gain) = weighted(&gains, &weights) {
            losses.push(gain);
            errors.push(before.calibration_error(&weights) - after.calibration_error(&weights));
        }
    }
    let outside = sample.outside(confidence);
    Compared {
        counted: sample.counted(),
        loss_before: mean(before.losses()),
        loss_after: mean(after.losses()),
        loss: bounds(mean(&gains), losses, outside),
        calibration_error_before: error_before,
        calibration_error_after: error_after,
        calibration_error: bounds(error_before - error_after, errors, outside),
        confidence,
        seed,
    }
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn weighted(values: &[f64], weights: &[u32]) -> Option<f64> {
    let (mut sum, mut all) = (0.0, 0.0);
    for (value, weight) in values.iter().zip(weights) {
        sum += f64::from(*weight) * value;
        all += f64::from(*weight);
    }
    (all > 0.0).then(|| sum / all)
}

/// The quantiles of the draws that leave such a share outside, either side for itself.
fn bounds(mean: f64, mut draws: Vec<f64>, outside: f64) -> Difference {
    draws.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the draws"
    )]
    let outside = (outside * draws.len() as f64).floor() as usize;
    let outside = outside.min(draws.len().saturating_sub(1));
    let last = draws.len().saturating_sub(1 + outside);
    Difference {
        mean,
        low: draws.get(outside).copied().unwrap_or(mean),
        high: draws.get(last).copied().unwrap_or(mean),
    }
}
