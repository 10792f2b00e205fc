//! A track as the API shows it.

use chrono::{DateTime, Utc};
use models::tracks::TrackRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Sound that an artist handed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Track {
    /// Names the track for ever.
    pub id: Uuid,
    /// The name it was sent under.
    pub filename: String,
    /// What its bytes are: `wav`, `flac`, `mp3`, …
    pub format: String,
    /// Its media type.
    pub media_type: String,
    /// Sample rate in Hz.
    pub sample_rate_hz: i32,
    /// Number of channels.
    pub channels: i32,
    /// Bits a sample, where the format has such a thing.
    pub bits: Option<i32>,
    /// Length in seconds, where the file says so.
    pub duration_seconds: Option<f64>,
    /// Size of the file in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
}

impl From<TrackRow> for Track {
    fn from(row: TrackRow) -> Self {
        Self {
            id: row.id.uuid(),
            filename: row.filename,
            format: row.format,
            media_type: row.media_type,
            sample_rate_hz: row.sample_rate_hz,
            channels: row.channels,
            bits: row.bits,
            duration_seconds: row.duration_seconds,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            created_at: row.created_at.into(),
        }
    }
}
