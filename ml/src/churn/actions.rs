//! What could be changed of a row so that leaving becomes less likely, as the model sees it.

use super::grounds::{Grounds, Seen};
use super::model::Model;
use super::schema::Kind;

/// A change of one column. That the model expects it to help is no proof that it does: it has seen what went
/// together, not what follows from what.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The column.
    pub column: String,
    /// The value that it would have, one of those seen in training.
    pub value: Seen,
    /// The probability then.
    pub probability: f64,
    /// Its interval.
    pub interval: (f64, f64),
    /// Rows of the training data that had this value, or were in its band.
    pub rows_alike: usize,
}

impl Model {
    /// For each of these columns the value among those seen in training with which this row is least
    /// likely to leave, if the probability then lies below the interval of the present one: what is
    /// within its uncertainty is not told. The most helpful first.
    pub fn actions(&self, row: &[f32], columns: &[&str], grounds: &Grounds) -> Vec<Action> {
        let Some((low, _)) = grounds.interval(self.probability(row)) else {
            return Vec::new();
        };
        let best = |column: &&str| {
            let seen = grounds.seen(column).iter().filter(|(_, rows)| *rows > 0);
            let tried = seen.map(|(value, rows)| {
                let changed = self.changed(row, column, value);
                (self.probability(&changed), value, *rows)
            });
            // Of equally good ones the first.
            let (probability, value, rows_alike) =
                tried.min_by(|one, two| one.0.total_cmp(&two.0))?;
            Some(Action {
                column: (*column).to_owned(),
                value: value.clone(),
                probability,
                interval: grounds.interval(probability)?,
                rows_alike,
            })
        };
        let mut actions: Vec<Action> = columns.iter().filter_map(best).collect();
        actions.retain(|action| action.probability < low);
        actions.sort_by(|one, two| one.probability.total_cmp(&two.probability));
        actions
    }

    /// The row with another value of a column.
    fn changed(&self, row: &[f32], column: &str, value: &Seen) -> Vec<f32> {
        let features = self.schema.features.iter().zip(row);
        let cell = features.map(|(feature, old)| match (&feature.kind, value) {
            _ if feature.column != column => *old,
            (Kind::Number, Seen::Number(new)) => *new,
            (Kind::Category(name), Seen::Category(new)) => f32::from(u8::from(name == new)),
            _ => *old,
        });
        cell.collect()
    }
}
