//! Losses and calibration of probabilities, row by row and by weight.

/// A probability this near to 0 or 1 counts as this near: one row must not outweigh all others.
pub const LIKELY: f64 = 1e-6;

const BINS: usize = 10;

/// The negative log-likelihood of each row, nats.
pub fn log_losses(probabilities: &[f64], truth: &[bool]) -> Vec<f64> {
    let loss = |(likely, truth): (&f64, &bool)| {
        let likely = likely.clamp(LIKELY, 1.0 - LIKELY);
        -(if *truth { likely } else { 1.0 - likely }).ln()
    };
    probabilities.iter().zip(truth).map(loss).collect()
}

/// Rows in the order of their probability, so that their calibration error can be measured many
/// times over.
pub struct Ordered {
    /// Place, probability and truth.
    rows: Vec<(usize, f64, f64)>,
}

impl Ordered {
    pub fn new(probabilities: &[f64], truth: &[bool]) -> Self {
        let pairs = probabilities.iter().zip(truth).enumerate();
        let mut rows: Vec<(usize, f64, f64)> = pairs
            .map(|(place, (likely, truth))| (place, *likely, f64::from(u8::from(*truth))))
            .collect();
        rows.sort_by(|one, two| one.1.total_cmp(&two.1));
        Self { rows }
    }

    /// The expected calibration error over ten bins of as many rows each, every row counted as
    /// often as `weights` say by its place.
    pub fn error(&self, weights: &[u32]) -> f64 {
        let weight = |place: usize| f64::from(weights.get(place).copied().unwrap_or_default());
        let all: f64 = self.rows.iter().map(|row| weight(row.0)).sum();
        let (mut error, mut gap, mut passed, mut bin) = (0.0, 0.0, 0.0, 1.0);
        for (place, likely, truth) in &self.rows {
            let weight = weight(*place);
            gap += weight * (likely - truth);
            passed += weight;
            if passed >= bin * all / BINS as f64 {
                error += f64::abs(gap);
                gap = 0.0;
                bin = (passed * BINS as f64 / all.max(1.0)).floor() + 1.0;
            }
        }
        (error + f64::abs(gap)) / all.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_by_weights_is_that_of_rows_repeated() {
        let likely = [0.1, 0.2, 0.4, 0.8, 0.9];
        let truth = [false, true, false, true, true];
        let weights = [40, 20, 0, 30, 10];
        let (mut all, mut truths) = (Vec::new(), Vec::new());
        for row in 0..5 {
            for _ in 0..weights[row] {
                all.push(likely[row]);
                truths.push(truth[row]);
            }
        }
        let found = Ordered::new(&likely, &truth).error(&weights);
        let known = crate::churn::Metrics::new(&all, &truths).unwrap().ece;
        assert!((found - known).abs() < 1e-12, "{found} {known}");
    }

    #[test]
    fn a_certainty_that_was_wrong_costs_much_and_not_all() {
        let losses = log_losses(&[1.0, 0.0, 0.5], &[false, false, true]);
        assert!(losses[0] < 14.0 && losses[1] < 1e-5);
        assert!((losses[2] - 2.0_f64.ln()).abs() < 1e-12);
    }
}
