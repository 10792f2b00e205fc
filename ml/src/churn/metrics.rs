//! How good probabilities are.

use serde::{Deserialize, Serialize};

/// Bins of the calibration error.
const BINS: usize = 10;
/// A probability this near to 0 or 1 counts as this near.
const LEAST: f64 = 1e-15;

/// What is measured on rows whose truth is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Rows.
    pub rows: usize,
    /// Share of rows that are true.
    pub rate: f64,
    /// Area under the ROC curve; ties count half.
    pub auc: f64,
    /// Average precision.
    pub pr_auc: f64,
    /// Mean negative log-likelihood, nats.
    pub log_loss: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Expected calibration error over ten bins of as many rows each.
    pub ece: f64,
    /// Share of true rows among the 10 % with the highest probability, over their share in all.
    pub lift_at_10: f64,
}

impl Metrics {
    /// Measures; none without a true and a false row.
    pub fn new(probabilities: &[f64], truth: &[bool]) -> Option<Self> {
        let mut pairs: Vec<(f64, bool)> = probabilities
            .iter()
            .copied()
            .zip(truth.iter().copied())
            .collect();
        // Stable, so that ties stay in the order of the rows.
        pairs.sort_by(|one, two| two.0.total_cmp(&one.0));
        let rows = pairs.len() as f64;
        let count = pairs.iter().filter(|pair| pair.1).count();
        if count == 0 || count == pairs.len() {
            return None;
        }
        let yes = count as f64;
        let mean = |of: &dyn Fn(f64, bool) -> f64| {
            pairs
                .iter()
                .map(|(likely, truth)| of(*likely, *truth))
                .sum::<f64>()
                / rows
        };
        let (auc, pr_auc) = areas(&pairs, yes);
        let top = pairs.len().div_ceil(10);
        let top_yes = pairs.iter().take(top).filter(|pair| pair.1).count() as f64;
        Some(Self {
            rows: pairs.len(),
            rate: yes / rows,
            auc,
            pr_auc,
            log_loss: mean(&|likely, truth| {
                -(if truth { likely } else { 1.0 - likely }).max(LEAST).ln()
            }),
            brier: mean(&|likely, truth| (likely - f64::from(u8::from(truth))).powi(2)),
            ece: calibration_error(&pairs),
            lift_at_10: top_yes / top as f64 / (yes / rows),
        })
    }
}

/// Area under the ROC curve and average precision, from pairs in falling order.
fn areas(pairs: &[(f64, bool)], yes: f64) -> (f64, f64) {
    let (mut above_yes, mut above_no) = (0.0, 0.0);
    let (mut ranked, mut precision) = (0.0, 0.0);
    for tied in pairs.chunk_by(|one, two| one.0.total_cmp(&two.0).is_eq()) {
        let tied_yes = tied.iter().filter(|pair| pair.1).count() as f64;
        let tied_no = tied.len() as f64 - tied_yes;
        ranked += tied_no * (above_yes + tied_yes / 2.0);
        above_yes += tied_yes;
        above_no += tied_no;
        precision += tied_yes * above_yes / (above_yes + above_no);
    }
    (ranked / (yes * above_no), precision / yes)
}

fn calibration_error(pairs: &[(f64, bool)]) -> f64 {
    let mut error = 0.0;
    for bin in 0..BINS {
        let (from, to) = (bin * pairs.len() / BINS, (bin + 1) * pairs.len() / BINS);
        let off: f64 = pairs
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .map(|(likely, truth)| likely - f64::from(u8::from(*truth)))
            .sum();
        error += off.abs();
    }
    error / pairs.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_worked_out_by_hand() {
        let found = Metrics::new(&[0.9, 0.8, 0.8, 0.1], &[true, false, true, false]).unwrap();
        // Of four pairs of a true and a false row three are in order and one is a tie.
        assert!((found.auc - 3.5 / 4.0).abs() < 1e-12);
        assert!((found.pr_auc - 5.0 / 6.0).abs() < 1e-12);
        let loss = -(0.9_f64 * 0.2 * 0.8 * 0.9).ln() / 4.0;
        assert!((found.log_loss - loss).abs() < 1e-12);
        assert!((found.brier - (0.01 + 0.64 + 0.04 + 0.01) / 4.0).abs() < 1e-12);
        assert!((found.lift_at_10 - 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_calibration_error_is_the_mean_gap_of_ten_bins() {
        let likely = vec![0.3; 100];
        let truth: Vec<bool> = (0..100).map(|row| row % 10 < 4).collect();
        let found = Metrics::new(&likely, &truth).unwrap();
        assert!((found.ece - 0.1).abs() < 1e-12);
        assert!((found.auc - 0.5).abs() < 1e-12);
    }

    #[test]
    fn one_class_alone_cannot_be_measured() {
        assert!(Metrics::new(&[0.5, 0.6], &[true, true]).is_none());
        assert!(Metrics::new(&[], &[]).is_none());
    }
}
