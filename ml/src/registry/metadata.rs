//! What is said of a version, under the same checksum as its weights.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key::Version;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// How likely each row is to leave: [`crate::churn`].
    Churn,
    /// What comes after a series: [`crate::forecast::global`].
    Forecast,
}

/// One input of the weights, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The column, or the name of the port.
    pub name: String,
    /// The category that it asks for; none for a number.
    pub category: Option<String>,
    /// How many numbers it is.
    pub width: usize,
}

/// What a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataWindow {
    /// SHA-256 of the data as the trainer saw it, hexadecimal.
    pub fingerprint: String,
    /// Rows or series.
    pub rows: u64,
    /// The first day that the data tells of, as YYYY-MM-DD, where that is known.
    pub from: Option<String>,
    /// The last day, likewise.
    pub to: Option<String>,
}

/// What trained it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trainer {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// All that was random follows from it.
    pub seed: u64,
}

/// A row whose answer is known: a version that answers otherwise does not serve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// What is fed; nothing for what is missing.
    pub input: Vec<Option<f64>>,
    /// What comes out.
    pub output: Vec<f64>,
}

/// All that is said of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Whose it is.
    pub tenant: String,
    /// The model, by its name among the tenant's.
    pub model: String,
    /// What it is for.
    pub task: Task,
    /// Its inputs, in their order.
    pub schema: Vec<Input>,
    /// What it was trained on.
    pub data: DataWindow,
    /// What trained it.
    pub trainer: Trainer,
    /// How good it is on rows that it was not grown on, by the figure's name.
    pub metrics: BTreeMap<String, f64>,
    /// The version that was champion when it was trained.
    pub parent: Option<Version>,
    /// Rows whose answers are known, at least one.
    pub golden: Vec<Golden>,
}
