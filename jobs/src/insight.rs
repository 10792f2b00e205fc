//! What the intake asks of insight while a caller waits. It knows no model itself: whoever puts the
//! program together hands it insight as this trait, which `workers` implements.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;

use models::ArtistId;
use models::registry::Task;
use serde_json::Value;

/// An answer on its way. All of them come soon: a version that is not at hand is fetched and
/// checked, and nothing is trained.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// The answers of insight that need no job.
pub trait Insight: Send + Sync {
    /// Reads a dataset to its end: what can't be learned from is refused by line, column and rule.
    fn look_at(&self, file: PathBuf, target: String) -> Answer<'_, DatasetAbout>;

    /// How likely each row is to leave, by the champion of the artist's model or by a version that
    /// is named, and why.
    fn predict_churn(&self, artist: ArtistId, question: ChurnQuestion) -> Answer<'_, ChurnAnswer>;

    /// The figures that a model for this task is looked after by: those that are given, within their
    /// bounds, and the usual ones for the rest.
    fn policy(&self, task: Task, figures: &Value) -> Result<Value, Refusal>;

    /// Loads a version of the artist's, as if to answer by it. What can't serve is refused.
    fn check<'a>(&'a self, artist: ArtistId, model: &'a str, version: &'a str) -> Answer<'a, ()>;

    /// An alias of the artist's model moved: what is at hand of the model is let go.
    fn alias_moved(&self, artist: ArtistId, model: &str);

    /// Removes all models of an artist's and what they learned from: rows, objects, and what is at
    /// hand. Metrics stay.
    fn erase(&self, artist: ArtistId) -> Answer<'_, Erased>;

    /// Removes all metrics of an artist's, and what was handed in and computed with them.
    fn erase_metrics(&self, artist: ArtistId) -> Answer<'_, ErasedMetrics>;
}

/// What a dataset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatasetAbout {
    /// Rows below the header.
    pub rows: u64,
    /// Columns, the target included.
    pub columns: u64,
}

/// Rows to judge.
#[derive(Debug, Clone, PartialEq)]
pub struct ChurnQuestion {
    /// The model, by its name among the artist's.
    pub model: String,
    /// The version; none for the champion.
    pub version: Option<String>,
    /// Rows by column: text, numbers, truth values, null. Columns that the model doesn't ask for
    /// may be there.
    pub rows: Vec<BTreeMap<String, Value>>,
    /// Reasons of each row, the strongest; the others are told as one sum.
    pub reasons: usize,
    /// Columns that can be changed: for those among the reasons it is told what would help.
    pub actionable: Vec<String>,
}

/// What was judged, and by what.
#[derive(Debug, Clone, PartialEq)]
pub struct ChurnAnswer {
    /// The version that answered.
    pub version: String,
    /// What the version says of itself: data, trainer, metrics, parent, schema.
    pub metadata: Value,
    /// The columns that the version asks for.
    pub columns: Vec<String>,
    /// What an average row of the training data gets, in log-odds.
    pub base_log_odds: f64,
    /// One for each row, in order.
    pub rows: Vec<ChurnRow>,
}

/// One row, judged. `base_log_odds`, all reasons and `other_log_odds` add up to the log-odds of
/// `probability`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChurnRow {
    /// Calibrated, 0 to 1.
    pub probability: f64,
    /// Of rows that look so, this share leaves, at 80 %; none of versions of before it was kept.
    pub interval: Option<(f64, f64)>,
    /// Columns with their Shapley values in log-odds, the strongest first.
    pub reasons: Vec<(String, f64)>,
    /// The sum of those that are not told.
    pub other_log_odds: f64,
    /// Changes that the model expects to help, the most helpful first.
    pub actions: Vec<ChurnAction>,
}

/// A change of one column of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct ChurnAction {
    /// The column.
    pub column: String,
    /// The value that it would have: a number or a category.
    pub value: Value,
    /// The probability then.
    pub probability: f64,
    /// Its interval at 80 %.
    pub interval: (f64, f64),
    /// Rows of the training data that had this value, or one near it.
    pub rows_alike: u64,
}

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Versions of models.
    pub versions: u64,
    /// Datasets.
    pub datasets: u64,
    /// Objects.
    pub objects: u64,
}

/// What was erased of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasedMetrics {
    /// Values.
    pub values: u64,
    /// Imports.
    pub imports: u64,
    /// Objects.
    pub objects: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The artist has no such model, or none of this version.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What was asked breaks a rule.
    #[error("{field}: {rule}")]
    Broken {
        /// The field at fault, as a path in what was asked.
        field: String,
        /// Stable machine code.
        code: &'static str,
        /// The rule, as a sentence.
        rule: String,
    },
    /// The version must not answer: it is not what it was when it was made.
    #[error("the version can't serve: {message}")]
    Unservable {
        /// Stable machine code: which check it failed.
        code: &'static str,
        /// What was found.
        message: String,
    },
    /// A needed part doesn't answer right now.
    #[error("a needed part is unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}
