//! Log-odds made honest: a line fitted on rows that the trees were not grown on.
//!
//! Platt, Probabilistic outputs for support vector machines, 1999, with the targets drawn in as
//! there, so that a few rows can't make certainties.

use serde::{Deserialize, Serialize};

use crate::trees::sigmoid;

const STEPS: usize = 50;
/// A fitted line may stretch log-odds by no more than this, either way.
const STRETCH: (f64, f64) = (0.05, 20.0);

/// calibrated log-odds = slope · log-odds + offset.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Above 0: the order of rows stays.
    pub slope: f64,
    /// Added.
    pub offset: f64,
}

impl Calibration {
    /// Log-odds as they are.
    pub const NONE: Self = Self {
        slope: 1.0,
        offset: 0.0,
    };

    /// The line with the highest likelihood, by Newton's method.
    pub fn fit(log_odds: &[f64], truth: &[bool]) -> Self {
        let yes = truth.iter().filter(|truth| **truth).count() as f64;
        let no = truth.len() as f64 - yes;
        let (high, low) = ((yes + 1.0) / (yes + 2.0), 1.0 / (no + 2.0));
        let mut line = Self::NONE;
        for _ in 0..STEPS {
            // First and second derivatives by slope and offset.
            let (mut by_slope, mut by_offset) = (0.0, 0.0);
            let (mut slopes, mut both, mut offsets) = (1e-9, 0.0, 1e-9);
            for (log_odds, truth) in log_odds.iter().zip(truth) {
                let likely = sigmoid(line.apply(*log_odds));
                let off = likely - if *truth { high } else { low };
                let curve = likely * (1.0 - likely);
                by_slope += off * log_odds;
                by_offset += off;
                slopes += curve * log_odds * log_odds;
                both += curve * log_odds;
                offsets += curve;
            }
            let determinant = slopes * offsets - both * both;
            if determinant <= 1e-12 {
                break;
            }
            let step_slope = (offsets * by_slope - both * by_offset) / determinant;
            let step_offset = (slopes * by_offset - both * by_slope) / determinant;
            line.slope = (line.slope - step_slope).clamp(STRETCH.0, STRETCH.1);
            line.offset -= step_offset.clamp(-2.0, 2.0);
            if step_slope.abs() + step_offset.abs() < 1e-10 {
                break;
            }
        }
        line
    }

    /// Calibrated log-odds.
    pub fn apply(&self, log_odds: f64) -> f64 {
        self.slope * log_odds + self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::Metrics;
    use crate::random::Random;

    #[test]
    fn overconfident_log_odds_are_drawn_in_to_what_is_true() {
        let mut random = Random::new(4);
        let honest: Vec<f64> = (0..20_000).map(|_| random.normal() - 1.0).collect();
        let truth: Vec<bool> = honest
            .iter()
            .map(|odds| random.unit() < sigmoid(*odds))
            .collect();
        let loud: Vec<f64> = honest.iter().map(|odds| 2.5 * odds + 0.7).collect();
        let line = Calibration::fit(&loud, &truth);
        assert!((line.slope - 0.4).abs() < 0.02, "{line:?}");
        assert!((line.offset + 0.28).abs() < 0.05, "{line:?}");
        let error = |odds: &dyn Fn(f64) -> f64| {
            let likely: Vec<f64> = loud.iter().map(|loud| sigmoid(odds(*loud))).collect();
            Metrics::new(&likely, &truth)
                .map(|metrics| metrics.ece)
                .unwrap()
        };
        assert!(error(&|odds| odds) > 0.08);
        assert!(error(&|odds| line.apply(odds)) < 0.012);
    }

    #[test]
    fn separable_rows_give_a_finite_line() {
        let line = Calibration::fit(&[-3.0, -2.0, 2.0, 3.0], &[false, false, true, true]);
        assert!(
            line.slope.is_finite() && line.offset.is_finite(),
            "{line:?}"
        );
    }
}
