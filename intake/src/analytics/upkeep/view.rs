//! Upkeep and its checks, as the API shows them.

use ::models::upkeep::CheckRow;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// How a model is looked after.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Upkeep {
    /// The model.
    pub model: String,
    /// When it is looked at.
    pub cron: String,
    /// The zone whose clocks that goes by.
    pub timezone: String,
    /// The figures that it goes by, all of them.
    #[schema(value_type = Object)]
    pub policy: Value,
    /// When it is looked at next; null while an operator has paused it.
    pub next_at: Option<DateTime<Utc>>,
    /// Since when an operator has paused it.
    pub paused_at: Option<DateTime<Utc>>,
    /// Rows that are kept; none of a forecaster, which is held against your metrics.
    pub rows: i64,
    /// Those of them whose outcome is known.
    pub outcomes: i64,
    /// Since when it is looked after.
    pub created_at: DateTime<Utc>,
}

/// What was looked at, found and decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Check {
    /// Names the check.
    pub id: Uuid,
    /// `watch`, `judgement` or `rollback`.
    #[schema(example = "watch")]
    pub kind: String,
    /// `nothing`, `retrain`, `judge` and `roll_back` of a watch; `promote`, `drop` and `wait` of a judgement;
    /// `overtaken` where an alias had moved meanwhile and nothing was done.
    #[schema(example = "nothing")]
    pub decision: String,
    /// Why, as a fixed word.
    #[schema(example = "quiet")]
    pub because: String,
    /// The champion then.
    pub champion: String,
    /// The version that it was held against.
    pub other: Option<String>,
    /// Rows that the two were compared on; of forecasters, weeks of series.
    pub compared: i64,
    /// The figures: the policy, drift by column, losses with their bounds, and the seed.
    #[schema(value_type = Object)]
    pub evidence: Value,
    /// The job that checked.
    pub job_id: Uuid,
    /// The job that follows.
    pub next_job_id: Option<Uuid>,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl From<CheckRow> for Check {
    fn from(row: CheckRow) -> Self {
        Self {
            id: row.id.uuid(),
            kind: row.kind.as_str().to_owned(),
            decision: row.decision.as_str().to_owned(),
            because: row.because,
            champion: row.champion,
            other: row.other,
            compared: row.compared,
            evidence: row.evidence.0,
            job_id: row.job_id.uuid(),
            next_job_id: row.next_job_id.map(::models::JobId::uuid),
            created_at: row.created_at.into(),
        }
    }
}
