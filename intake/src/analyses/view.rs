//! An analysis as the API shows it: how far it is, and what was found.

use chrono::{DateTime, Utc};
use models::AnalysisId;
use models::analyses::AnalysisRow;
use queue::Job;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::files::MadeFile;
use crate::jobs::view::{Followed, JobError};

/// An analysis, finished or on its way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Analysis {
    /// Names the analysis for ever.
    pub id: Uuid,
    /// The job that makes it.
    pub job_id: Uuid,
    /// The track.
    pub track_id: Uuid,
    /// The track's file name.
    pub track_filename: String,
    /// The job's state; `done` once there is a result.
    #[schema(example = "running")]
    pub state: String,
    /// How far the job is, 0 to 1.
    pub progress: f32,
    /// What the job is doing, while it runs.
    pub stage: Option<String>,
    /// Why there is no result, when there will be none or an attempt failed.
    pub error: Option<JobError>,
    /// What was found: `input`, `measurement`, `analysis`, and `faults`, each with its `code`, a
    /// `message` and the `spans` where it lies. Its own `version` says which form it has.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    /// Waveform and spectrogram.
    pub files: Vec<MadeFile>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the result was there.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Analysis {
    /// An analysis that was asked for just now.
    pub fn fresh(row: AnalysisRow, filename: &str) -> Self {
        Self::shown(row, filename, Followed::fresh())
    }

    /// Joins what was asked with how far its job is. A job that is gone (`None`) had ended.
    pub fn of(row: AnalysisRow, filename: &str, job: Option<Job>) -> Self {
        let followed = Followed::of(row.result.is_some(), job);
        Self::shown(row, filename, followed)
    }

    fn shown(row: AnalysisRow, track: &str, followed: Followed) -> Self {
        let files = row.result.as_ref().map(|result| result.files.as_slice());
        Self {
            id: row.id.uuid(),
            job_id: row.job_id.uuid(),
            track_id: row.track_id.uuid(),
            track_filename: track.to_owned(),
            state: followed.state,
            progress: followed.progress,
            stage: followed.stage,
            error: followed.error,
            files: MadeFile::all(files.unwrap_or_default(), &address(row.id)),
            created_at: row.created_at.into(),
            finished_at: row.result.as_ref().map(|result| result.completed_at.into()),
            result: row.result.map(|result| result.report),
        }
    }

    /// Without spectra, which are most of its bytes: for lists.
    #[must_use]
    pub fn brief(mut self) -> Self {
        let measurement = self
            .result
            .as_mut()
            .and_then(|result| result.get_mut("measurement"))
            .and_then(serde_json::Value::as_object_mut);
        if let Some(measurement) = measurement {
            for plot in ["spectrum", "mid_spectrum", "side_spectrum"] {
                measurement.remove(plot);
            }
        }
        self
    }
}

/// Where an analysis is.
pub(super) fn address(id: AnalysisId) -> String {
    format!("/v1/analyses/{id}")
}
