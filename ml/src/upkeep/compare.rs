//! Two versions on the same rows: how much better one is, with bounds by paired bootstrap.

use serde::{Deserialize, Serialize};

use super::calibrated::{Ordered, log_losses};
use crate::random::Random;

/// Draws of a bootstrap.
const DRAWS: usize = 2000;

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
    /// Rows.
    pub rows: usize,
    /// Those that left.
    pub true_rows: usize,
    /// Mean log-loss of the first, nats.
    pub loss_before: f64,
    /// Mean log-loss of the second, nats.
    pub loss_after: f64,
    /// By how much the loss is smaller, nats.
    pub loss: Difference,
    /// Calibration error of the first.
    pub ece_before: f64,
    /// Calibration error of the second.
    pub ece_after: f64,
    /// By how much the calibration error is smaller.
    pub ece: Difference,
    /// The confidence of each bound, one-sided.
    pub confidence: f64,
    /// What the draws follow from.
    pub seed: u64,
}

/// The mean of paired differences with its bounds. Rows are drawn with replacement, each with both
/// its losses.
pub fn difference(before: &[f64], after: &[f64], confidence: f64, seed: u64) -> Difference {
    let pairs: Vec<f64> = before
        .iter()
        .zip(after)
        .map(|(one, two)| one - two)
        .collect();
    let mut random = Random::new(seed);
    let draws = (0..DRAWS).map(|_| {
        let drawn = (0..pairs.len()).map(|_| pairs.get(random.below(pairs.len())));
        drawn.flatten().sum::<f64>() / pairs.len().max(1) as f64
    });
    bounds(mean(&pairs), draws.collect(), confidence)
}

/// Compares the probabilities of two versions on rows whose truth is known.
pub fn compare(
    before: &[f64],
    after: &[f64],
    truth: &[bool],
    confidence: f64,
    seed: u64,
) -> Compared {
    let (losses_before, losses_after) = (log_losses(before, truth), log_losses(after, truth));
    let orders = (Ordered::new(before, truth), Ordered::new(after, truth));
    let once = vec![1; truth.len()];
    let (ece_before, ece_after) = (orders.0.error(&once), orders.1.error(&once));
    let (mut losses, mut errors) = (Vec::with_capacity(DRAWS), Vec::with_capacity(DRAWS));
    let pairs: Vec<f64> = losses_before
        .iter()
        .zip(&losses_after)
        .map(|(one, two)| one - two)
        .collect();
    let mut random = Random::new(seed);
    let mut weights = vec![0_u32; truth.len()];
    for _ in 0..DRAWS {
        weights.fill(0);
        let mut sum = 0.0;
        for _ in 0..pairs.len() {
            let row = random.below(pairs.len());
            sum += pairs.get(row).copied().unwrap_or_default();
            if let Some(weight) = weights.get_mut(row) {
                *weight += 1;
            }
        }
        losses.push(sum / pairs.len().max(1) as f64);
        errors.push(orders.0.error(&weights) - orders.1.error(&weights));
    }
    Compared {
        rows: truth.len(),
        true_rows: truth.iter().filter(|truth| **truth).count(),
        loss_before: mean(&losses_before),
        loss_after: mean(&losses_after),
        loss: bounds(mean(&pairs), losses, confidence),
        ece_before,
        ece_after,
        ece: bounds(ece_before - ece_after, errors, confidence),
        confidence,
        seed,
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The quantiles of the draws that leave one less the confidence outside, either side for itself.
fn bounds(mean: f64, mut draws: Vec<f64>, confidence: f64) -> Difference {
    draws.sort_by(f64::total_cmp);
    let outside = ((1.0 - confidence) * draws.len() as f64).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the draws"
    )]
    let outside = (outside as usize).min(draws.len().saturating_sub(1));
    let last = draws.len().saturating_sub(1 + outside);
    Difference {
        mean,
        low: draws.get(outside).copied().unwrap_or(mean),
        high: draws.get(last).copied().unwrap_or(mean),
    }
}
