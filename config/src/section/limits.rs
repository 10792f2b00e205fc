//! What the intake accepts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Broken, within};

/// Limits of the intake.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limits {
    /// Largest upload in bytes.
    pub max_upload_bytes: u64,
    /// Longest track in seconds.
    pub max_duration_seconds: u32,
    /// Uploads received at the same time by one process.
    pub max_concurrent_uploads: u32,
    /// How long an upload may send nothing.
    pub upload_idle_seconds: u32,
    /// Jobs that one artist may have waiting.
    pub max_waiting_jobs_per_artist: u32,
}

impl Limits {
    /// [`Limits::upload_idle_seconds`] as a duration.
    pub fn upload_idle(&self) -> Duration {
        Duration::from_secs(self.upload_idle_seconds.into())
    }

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        within(
            "limits.max_upload_bytes",
            self.max_upload_bytes,
            1024..=1 << 40,
        )?;
        within(
            "limits.max_duration_seconds",
            self.max_duration_seconds,
            1..=86_400,
        )?;
        within(
            "limits.max_concurrent_uploads",
            self.max_concurrent_uploads,
            1..=10_000,
        )?;
        within(
            "limits.upload_idle_seconds",
            self.upload_idle_seconds,
            1..=3600,
        )?;
        within(
            "limits.max_waiting_jobs_per_artist",
            self.max_waiting_jobs_per_artist,
            1..=1_000_000,
        )
    }
}
