//! What training minimises: the pinball losses of the three quantiles, and how the network's
//! numbers become quantiles.

use super::frame::HEADS;
use super::net::single;

/// How much each outer quantile counts beside the median.
const OUTER: f32 = 0.5;

pub(super) fn softplus(value: f32) -> f32 {
    value.max(0.0) + (-value.abs()).exp().ln_1p()
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

fn pinball(quantile: f32, off: f32) -> (f32, f32) {
    if off > 0.0 {
        (quantile * off, -quantile)
    } else {
        ((quantile - 1.0) * off, 1.0 - quantile)
    }
}

/// Mean loss over rows and steps, and its gradient by every output. Rows of `outputs` are, step by
/// step, the median and the two widths before softplus.
pub(super) fn loss(outputs: &[f32], targets: &[f32], weights: &[f32]) -> (f64, Vec<f32>) {
    let mut slopes = Vec::with_capacity(outputs.len());
    let mut sum = 0.0;
    let each = single(1.0 / targets.len().max(1) as f64);
    let horizon = targets.len() / weights.len().max(1);
    let steps = outputs.as_chunks::<HEADS>().0.iter().zip(targets);
    let weights = weights
        .iter()
        .flat_map(|weight| std::iter::repeat_n(*weight, horizon));
    for (([median, low, high], target), weight) in steps.zip(weights) {
        let weight = weight * each;
        let (middle, by_middle) = pinball(0.5, target - median);
        let (under, by_under) = pinball(0.1, target - (median - softplus(*low)));
        let (over, by_over) = pinball(0.9, target - (median + softplus(*high)));
        sum += f64::from(weight * (2.0 * middle + OUTER * (under + over)));
        // The median is learned from its own loss alone, as if there were no widths.
        slopes.push(2.0 * weight * by_middle);
        slopes.push(-OUTER * weight * by_under * sigmoid(*low));
        slopes.push(OUTER * weight * by_over * sigmoid(*high));
    }
    (sum, slopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_median_pull_towards_their_quantiles() {
        // The target is above everything: the median and the upper width must grow, the lower one
        // shrink.
        let (loss_far, slopes) = loss(&[0.0, -2.0, -2.0], &[3.0], &[1.0]);
        assert!(
            slopes[0] < 0.0 && slopes[1] > 0.0 && slopes[2] < 0.0,
            "{slopes:?}"
        );
        let (loss_near, _) = loss(&[3.0, -2.0, -2.0], &[3.0], &[1.0]);
        assert!(loss_near < loss_far);
    }

    #[test]
    fn slopes_of_the_widths_are_those_of_finite_differences() {
        let targets = [0.4, -0.3];
        let outputs = [0.1, -1.0, 0.5, 0.2, 0.3, -0.7];
        let (_, slopes) = loss(&outputs, &targets, &[1.5]);
        for at in [1, 2, 4, 5] {
            let moved = |by: f32| {
                let mut moved = outputs;
                moved[at] += by;
                loss(&moved, &targets, &[1.5]).0
            };
            let measured = (moved(1e-3) - moved(-1e-3)) / 2e-3;
            assert!((measured - f64::from(slopes[at])).abs() < 1e-3, "{at}");
        }
    }
}
