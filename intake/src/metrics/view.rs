//! Metrics and imports as the API shows them.

use chrono::{DateTime, NaiveDate, Utc};
use models::metrics::{ImportRow, MetricRow, Refusal, Tally};
use queue::Job;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::jobs::view::{Followed, JobError};

/// One value of one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metric {
    /// The day, as the source has it.
    pub date: NaiveDate,
    /// What is counted; money in minor units of the currency at its end.
    #[serde(rename = "metric")]
    #[schema(example = "streams")]
    pub name: String,
    /// Who counted.
    #[schema(example = "spotify")]
    pub source: String,
    /// The track; empty for the artist as a whole.
    #[schema(example = "DEA621000001")]
    pub track: String,
    /// How much.
    pub value: f64,
    /// The import that the value came with; null where it was put directly.
    pub import_id: Option<Uuid>,
}

impl From<MetricRow> for Metric {
    fn from(row: MetricRow) -> Self {
        Self {
            date: row.day,
            name: row.metric,
            source: row.source,
            track: row.track,
            value: row.value,
            import_id: row.imported_by.map(models::ImportId::uuid),
        }
    }
}

/// What rows did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Merged {
    /// Rows of a day that a series had no value for.
    pub added: u64,
    /// Rows that replaced a value by another.
    pub changed: u64,
    /// Rows that said what was known.
    pub unchanged: u64,
    /// Rows that did nothing because a value handed in later was there already.
    pub superseded: u64,
}

impl From<Tally> for Merged {
    fn from(tally: Tally) -> Self {
        Self {
            added: tally.added,
            changed: tally.changed,
            unchanged: tally.unchanged,
            superseded: tally.superseded,
        }
    }
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRow {
    /// The line of the file that it begins on, counted from 1.
    pub line: u64,
    /// The column or field at fault; empty where it is the row as a whole.
    pub column: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl From<Refusal> for RefusedRow {
    fn from(refusal: Refusal) -> Self {
        Self {
            line: refusal.line,
            column: refusal.column,
            rule: refusal.rule,
        }
    }
}

/// A file of metrics, read or on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricImport {
    /// Names the import for ever.
    pub id: Uuid,
    /// The job that reads it.
    pub job_id: Uuid,
    /// The name it was sent under.
    pub filename: String,
    /// `csv` or `json`.
    pub format: String,
    /// Size of the file in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The job's state; `done` once all of it was read.
    #[schema(example = "running")]
    pub state: String,
    /// How far the job is, 0 to 1.
    pub progress: f32,
    /// What the job is doing, while it runs.
    pub stage: Option<String>,
    /// Why the file can't be read further, or an attempt failed. Rows before it are imported.
    pub error: Option<JobError>,
    /// Rows read so far.
    pub rows_read: u64,
    /// What the good ones did.
    #[serde(flatten)]
    pub merged: Merged,
    /// How many were refused.
    pub refused: u64,
    /// The first thousand of those; left out of lists.
    pub refused_rows: Vec<RefusedRow>,
    /// When it was accepted. Where two imports speak of one day, the later one counts.
    pub created_at: DateTime<Utc>,
    /// When all of it was read.
    pub finished_at: Option<DateTime<Utc>>,
}

impl MetricImport {
    /// An import that was accepted just now.
    pub fn fresh(row: ImportRow) -> Self {
        Self::shown(row, Followed::fresh())
    }

    /// Joins what was handed in with how far its job is. A job that is gone (`None`) had ended.
    pub fn of(row: ImportRow, job: Option<Job>) -> Self {
        let followed = Followed::of(row.completed_at.is_some(), job);
        Self::shown(row, followed)
    }

    fn shown(row: ImportRow, followed: Followed) -> Self {
        let refusals = row.report.refusals;
        Self {
            id: row.id.uuid(),
            job_id: row.job_id.uuid(),
            filename: row.filename,
            format: row.format.as_str().to_owned(),
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            state: followed.state,
            progress: followed.progress,
            stage: followed.stage,
            error: followed.error,
            rows_read: row.report.rows_read,
            merged: row.report.tally.into(),
            refused: row.report.refused,
            refused_rows: refusals.into_iter().map(Into::into).collect(),
            created_at: row.created_at.into(),
            finished_at: row.completed_at.map(Into::into),
        }
    }

    /// Without its refused rows: for lists.
    #[must_use]
    pub fn brief(mut self) -> Self {
        self.refused_rows.clear();
        self
    }
}
