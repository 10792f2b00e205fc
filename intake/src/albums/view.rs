//! An album as the API shows it: what was asked, how far it is, and what came of it.

use chrono::{DateTime, Utc};
use models::AlbumId;
use models::albums::AlbumRow;
use queue::Job;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::files::MadeFile;
use crate::jobs::view::{Followed, JobError};
use crate::masters::view::{MasterSettings, MasterTarget, without_plots};

/// An album, finished or on its way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Album {
    /// Names the album for ever.
    pub id: Uuid,
    /// The job that makes it.
    pub job_id: Uuid,
    /// What its artist calls it.
    pub title: Option<String>,
    /// The job's state; `done` once there is a result.
    #[schema(example = "running")]
    pub state: String,
    /// How far the job is, 0 to 1.
    pub progress: f32,
    /// What the job is doing, while it runs.
    pub stage: Option<String>,
    /// What the album as a whole should come to.
    pub target: MasterTarget,
    /// Everything else that was asked, of every track.
    pub settings: MasterSettings,
    /// Its tracks in their order.
    pub tracks: Vec<AlbumTrack>,
    /// Why there is no result, when there will be none or an attempt failed.
    pub error: Option<JobError>,
    /// What came of it as a whole; lists leave it out.
    pub result: Option<AlbumResult>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the result was there.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A track on an album.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlbumTrack {
    /// Its place, from 1 on.
    pub number: usize,
    /// The track.
    pub track_id: Uuid,
    /// The track's file name.
    pub track_filename: String,
    /// What was measured and done, but for the plots: the whole is at
    /// `/v1/albums/{id}/tracks/{number}/report.json`. Null until it is done, and in lists.
    #[schema(value_type = Option<Object>)]
    pub report: Option<Value>,
    /// Its finished files, in the order in which they were asked for.
    pub files: Vec<MadeFile>,
}

/// What came of an album as a whole.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlbumResult {
    /// Integrated loudness of all tracks as they came, one after the other, LUFS.
    pub integrated_lufs_before: Option<f64>,
    /// Integrated loudness of all masters one after the other, LUFS: of the first file that holds
    /// whole tracks.
    pub integrated_lufs: Option<f64>,
    /// How much lower than asked for all of them are, so that each keeps its place among the
    /// others, LU.
    pub lowered_lu: f64,
    /// How often all tracks were mastered until they did.
    pub rounds: u32,
}

impl Album {
    /// An album that was asked for just now.
    pub fn fresh(row: AlbumRow) -> Self {
        Self::shown(row, Followed::fresh())
    }

    /// Joins what was asked with how far its job is. A job that is gone (`None`) had ended.
    pub fn of(row: AlbumRow, job: Option<Job>) -> Self {
        let followed = Followed::of(row.result.is_some(), job);
        Self::shown(row, followed)
    }

    fn shown(row: AlbumRow, followed: Followed) -> Self {
        let at = address(row.id);
        let (files, mut report, finished_at) = match row.result {
            Some(result) => (
                MadeFile::all(&result.files, &at),
                result.report,
                Some(result.completed_at.into()),
            ),
            None => (Vec::new(), Value::Null, None),
        };
        let reports = report.get_mut("tracks").map(Value::take);
        let reports = match reports {
            Some(Value::Array(reports)) => reports,
            _ => Vec::new(),
        };
        let mut reports = reports.into_iter().map(without_plots);
        let mut files = files.chunks(row.settings.outputs.len().max(1));
        let tracks = (1..).zip(row.tracks);
        let tracks = tracks.map(|(number, (track_id, track_filename))| AlbumTrack {
            number,
            track_id: track_id.uuid(),
            track_filename,
            report: reports.next(),
            files: files.next().map(<[_]>::to_vec).unwrap_or_default(),
        });
        Self {
            id: row.id.uuid(),
            job_id: row.job_id.uuid(),
            title: row.title,
            state: followed.state,
            progress: followed.progress,
            stage: followed.stage,
            tracks: tracks.collect(),
            target: MasterTarget::of(&row.settings.target),
            settings: row.settings.into(),
            error: followed.error,
            result: serde_json::from_value(report).ok(),
            created_at: row.created_at.into(),
            finished_at,
        }
    }
}

/// Where an album is.
pub(super) fn address(id: AlbumId) -> String {
    format!("/v1/albums/{id}")
}
