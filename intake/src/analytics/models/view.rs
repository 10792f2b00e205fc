//! Models, their versions and the moves of their aliases, as the API shows them.

use ::models::DatasetId;
use ::models::registry::{Alias, AliasRow, MoveRow, Task, VersionRow};
use ::models::trainings::TrainingRow;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A training that was asked for. How far it is, its job tells.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Training {
    /// Names the training for ever.
    pub id: Uuid,
    /// The job that trains.
    pub job_id: Uuid,
    /// The model that it makes a version of.
    pub model: String,
    /// What it is for: `churn` or `forecast`.
    #[serde(default = "churn")]
    #[schema(example = "churn")]
    pub task: String,
    /// What it learns from; null for a forecaster, which learns from the artist's metrics.
    pub dataset_id: Option<Uuid>,
    /// All that is random follows from it.
    pub seed: i64,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// What a training was for before there were others.
fn churn() -> String {
    Task::Churn.as_str().to_owned()
}

/// A model in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Model {
    /// Its name among the artist's.
    pub name: String,
    /// What it is for.
    #[schema(example = "churn")]
    pub task: String,
    /// The version that answers.
    pub champion: Option<String>,
    /// The version that might answer next.
    pub challenger: Option<String>,
    /// When an alias of it moved last.
    pub moved_at: DateTime<Utc>,
}

/// A model with its versions and what became of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WholeModel {
    /// The model in short.
    #[serde(flatten)]
    pub model: Model,
    /// Its newest hundred versions, newest first.
    pub versions: Vec<ModelVersion>,
    /// The newest hundred moves of its aliases, newest first.
    pub moves: Vec<AliasMove>,
}

/// A version: it never changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelVersion {
    /// SHA-256 of the bundle of metadata and weights, hexadecimal.
    pub version: String,
    /// What it says of itself: `data` with its fingerprint and window, `trainer`, `metrics` on rows
    /// that were left out, `parent`, `schema`.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// Size of the bundle in bytes.
    pub size_bytes: i64,
    /// The job that made it.
    pub job_id: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A move of an alias.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AliasMove {
    /// `champion` or `challenger`.
    pub alias: String,
    /// What it was part of: `trained`, `promoted`, `rolled_back`.
    pub act: String,
    /// The version that had the alias before.
    pub from: Option<String>,
    /// The version that has it since.
    pub to: String,
    /// Who moved it.
    pub actor: String,
    /// Why.
    pub why: String,
    /// The figures that spoke for it.
    #[schema(value_type = Option<Object>)]
    pub evidence: Option<Value>,
    /// When.
    pub at: DateTime<Utc>,
}

impl From<TrainingRow> for Training {
    fn from(row: TrainingRow) -> Self {
        Self {
            id: row.id.uuid(),
            job_id: row.job_id.uuid(),
            model: row.model,
            task: row.task.as_str().to_owned(),
            dataset_id: row.dataset_id.map(DatasetId::uuid),
            seed: row.seed,
            created_at: row.created_at.into(),
        }
    }
}

impl Model {
    /// Every model of these aliases, which are in the order of their models.
    pub fn all(aliases: &[AliasRow]) -> Vec<Self> {
        let models = aliases.chunk_by(|one, two| one.model == two.model);
        models.filter_map(Self::of).collect()
    }

    /// The model that all of these are aliases of; none of no aliases.
    pub fn of(aliases: &[AliasRow]) -> Option<Self> {
        let first = aliases.first()?;
        let version = |alias| {
            let row = aliases.iter().find(|row| row.alias == alias);
            row.map(|row| row.version.clone())
        };
        let moved_at = aliases.iter().map(|row| row.moved_at).max()?;
        Some(Self {
            name: first.model.clone(),
            task: first.task.as_str().to_owned(),
            champion: version(Alias::Champion),
            challenger: version(Alias::Challenger),
            moved_at: moved_at.into(),
        })
    }
}

impl From<VersionRow> for ModelVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            version: row.version,
            metadata: row.metadata.0,
            size_bytes: row.size_bytes,
            job_id: row.job_id.uuid(),
            created_at: row.created_at.into(),
        }
    }
}

impl From<MoveRow> for AliasMove {
    fn from(row: MoveRow) -> Self {
        Self {
            alias: row.alias.as_str().to_owned(),
            act: row.act.as_str().to_owned(),
            from: row.from_version,
            to: row.to_version,
            actor: row.actor,
            why: row.why,
            evidence: row.evidence.map(|evidence| evidence.0),
            at: row.created_at.into(),
        }
    }
}
