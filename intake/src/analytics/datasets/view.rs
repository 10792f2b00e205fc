//! A dataset as the API shows it.

use ::models::datasets::DatasetRow;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows that an artist handed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Dataset {
    /// Names the dataset for ever.
    pub id: Uuid,
    /// What its artist calls it.
    pub name: String,
    /// The column that is to be predicted.
    pub target: String,
    /// Rows below the header.
    pub rows: i64,
    /// Columns, the target included.
    pub columns: i32,
    /// The first day that the rows tell of, as YYYY-MM-DD, where that was said.
    pub from: Option<String>,
    /// The last day, likewise.
    pub to: Option<String>,
    /// Size of the file in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When its rows were removed: those that upkeep put together, as soon as no version learned from them that
    /// may answer.
    #[serde(default)]
    pub removed_at: Option<DateTime<Utc>>,
}

impl From<DatasetRow> for Dataset {
    fn from(row: DatasetRow) -> Self {
        Self {
            id: row.id.uuid(),
            name: row.name,
            target: row.target,
            rows: row.row_count,
            columns: row.column_count,
            from: row.covers_from,
            to: row.covers_to,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            created_at: row.created_at.into(),
            removed_at: row.removed_at.map(Into::into),
        }
    }
}
