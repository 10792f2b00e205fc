//! What two versions said of the same rows.

use ml::upkeep::{Probabilities, Sample};
use models::upkeep::ObservationRow;

/// Two versions on rows with an outcome that both have answered.
pub struct Paired {
    /// What one said.
    pub one: Probabilities,
    /// What the other said.
    pub other: Probabilities,
    /// The rows.
    pub sample: Sample,
}

impl Paired {
    /// Of rows, by what either said of each.
    pub fn of(
        rows: &[ObservationRow],
        one: impl Fn(&ObservationRow) -> Option<f64>,
        other: impl Fn(&ObservationRow) -> Option<f64>,
    ) -> Self {
        let (mut by_one, mut by_other, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            if let (Some(one), Some(other), Some(outcome)) = (one(row), other(row), row.outcome) {
                by_one.push(one);
                by_other.push(other);
                left.push(outcome);
            }
        }
        Self {
            one: Probabilities::new(&by_one, &left),
            other: Probabilities::new(&by_other, &left),
            sample: Sample::people(&left),
        }
    }
}
