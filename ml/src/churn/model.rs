//! A trained model: probabilities and their reasons.

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::schema::Schema;
use crate::Result;
use crate::table::Table;
use crate::trees::{Forest, Matrix, explain, sigmoid};

/// A model, all that there is to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its inputs.
    pub schema: Schema,
    /// Its trees.
    pub forest: Forest,
    /// From the trees' log-odds to calibrated ones.
    pub calibration: Calibration,
}

/// What a column adds to one row's log-odds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The column.
    pub column: String,
    /// Its Shapley value in calibrated log-odds; above 0 it makes leaving likelier.
    pub log_odds: f64,
}

impl Model {
    /// The probability of one row of features in the schema's order.
    pub fn probability(&self, row: &[f32]) -> f64 {
        sigmoid(self.calibration.apply(self.forest.log_odds(row)))
    }

    /// The probability of every row.
    pub fn probabilities(&self, matrix: &Matrix) -> Vec<f64> {
        (0..matrix.rows())
            .map(|row| self.probability(&matrix.row(row)))
            .collect()
    }

    /// The probability of every row of a table, in its order.
    pub fn score(&self, table: &Table) -> Result<Vec<f64>> {
        Ok(self.probabilities(&self.schema.encode(table)?))
    }

    /// What an average training row gets, in calibrated log-odds, and what each column adds to it
    /// for this row, the strongest first: together exactly the row's calibrated log-odds.
    pub fn reasons(&self, row: &[f32]) -> (f64, Vec<Reason>) {
        let columns = self.schema.columns();
        let found = explain(&self.forest, row, &self.schema.players(), columns.len());
        let mut reasons: Vec<Reason> = columns
            .into_iter()
            .zip(found.parts)
            .map(|(column, part)| Reason {
                column: column.to_owned(),
                log_odds: self.calibration.slope * part,
            })
            .collect();
        reasons.sort_by(|one, two| two.log_odds.abs().total_cmp(&one.log_odds.abs()));
        (self.calibration.apply(found.base), reasons)
    }
}
