//! A master as the API shows it: what was asked, how far it is, and what came of it.

use chrono::{DateTime, Utc};
use models::TrackId;
use models::masters::{MasterRow, ResultRow, Wanted};
use queue::{Job, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::jobs::view::{JobError, state};

/// A master, finished or on its way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Master {
    /// Names the master for ever.
    pub id: Uuid,
    /// The job that makes it.
    pub job_id: Uuid,
    /// The track it is made of.
    pub track_id: Uuid,
    /// The track's file name.
    pub track_filename: String,
    /// The track whose tone it should come close to.
    pub reference_track_id: Option<Uuid>,
    /// The job's state; `done` once there is a result.
    #[schema(example = "running")]
    pub state: String,
    /// How far the job is, 0 to 1.
    pub progress: f32,
    /// What the job is doing, while it runs.
    pub stage: Option<String>,
    /// What the master should come to.
    pub target: MasterTarget,
    /// `wav` or `flac`.
    pub format: String,
    /// `16`, `24` or `32f`.
    pub bits: String,
    /// Why there is no result, when there will be none or an attempt failed.
    pub error: Option<JobError>,
    /// The finished master.
    pub result: Option<MasterResult>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the result was there.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a master should come to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MasterTarget {
    /// The target's name, `custom` for figures of one's own.
    pub name: String,
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// Highest true peak, dBTP.
    pub ceiling_dbtp: f64,
}

/// A finished master. Its bytes are at `/v1/masters/{id}/audio`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MasterResult {
    /// The name to save it under.
    pub filename: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// What was measured and done; its own `version` says which form it has.
    #[schema(value_type = Object)]
    pub report: serde_json::Value,
}

impl Master {
    /// A master that was asked for just now.
    pub fn fresh(row: MasterRow, filename: &str) -> Self {
        Self {
            state: state(State::Waiting),
            error: None,
            ..Self::of(row, filename, None)
        }
    }

    /// Joins what was asked with how far its job is. A job that is gone (`None`) had ended.
    pub fn of(row: MasterRow, filename: &str, job: Option<Job>) -> Self {
        let wanted = row.wanted;
        let finished_at = row.result.as_ref().map(|result| result.completed_at.into());
        let result = row.result.map(|result| shown(result, filename, &wanted));
        let (word, progress, stage, error) = match job {
            _ if result.is_some() => (state(State::Done), 1.0, None, None),
            Some(job) => (
                state(until_seen(job.state)),
                job.progress,
                job.stage,
                job.error.map(Into::into),
            ),
            None => (state(State::Dead), 0.0, None, Some(gone())),
        };
        Self {
            id: row.id.uuid(),
            job_id: row.job_id.uuid(),
            track_id: wanted.track_id.uuid(),
            track_filename: filename.to_owned(),
            reference_track_id: wanted.reference_track_id.map(TrackId::uuid),
            state: word,
            progress,
            stage,
            target: MasterTarget {
                name: wanted.target_name,
                integrated_lufs: wanted.integrated_lufs,
                ceiling_dbtp: wanted.ceiling_dbtp,
            },
            format: wanted.format,
            bits: wanted.bits,
            error,
            result,
            created_at: row.created_at.into(),
            finished_at,
        }
    }
}

impl Master {
    /// Without the report's plots, which are most of its bytes: for lists.
    #[must_use]
    pub fn brief(mut self) -> Self {
        let report = self
            .result
            .as_mut()
            .and_then(|result| result.report.as_object_mut());
        if let Some(report) = report {
            for plot in ["waveform", "timeline"] {
                report.remove(plot);
            }
        }
        self
    }
}

/// The result is recorded before the job is done, so a caller who read the row first may find the
/// job done and no result. To whoever follows it the master is then not done yet.
fn until_seen(state: State) -> State {
    match state {
        State::Done => State::Running,
        other => other,
    }
}

fn gone() -> JobError {
    JobError {
        code: "job_gone".to_owned(),
        message: "The job ended without a result, and its record is not kept any more.".to_owned(),
    }
}

fn shown(row: ResultRow, track: &str, wanted: &Wanted) -> MasterResult {
    MasterResult {
        filename: filename(track, wanted),
        media_type: row.media_type,
        size_bytes: row.size_bytes,
        sha256: row.sha256,
        report: row.report,
    }
}

/// `song.mp3` for `spotify` as `wav` is saved as `song (spotify master).wav`.
pub(super) fn filename(track: &str, wanted: &Wanted) -> String {
    let stem = track.rsplit_once('.').map_or(track, |(stem, _)| stem);
    format!("{stem} ({} master).{}", wanted.target_name, wanted.format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::Time;
    use models::{ArtistId, MasterId};
    use queue::JobId;

    fn row() -> MasterRow {
        MasterRow {
            id: MasterId::new(),
            artist_id: ArtistId::new(),
            job_id: JobId::new().uuid().into(),
            wanted: Wanted {
                track_id: TrackId::new(),
                reference_track_id: None,
                target_name: "spotify".to_owned(),
                integrated_lufs: -14.0,
                ceiling_dbtp: -1.0,
                format: "wav".to_owned(),
                bits: "24".to_owned(),
            },
            result: None,
            created_at: Time::from_micros(0),
        }
    }

    fn job(state: State) -> Job {
        Job {
            id: JobId::new(),
            tenant_id: None,
            queue: "studio".to_owned(),
            kind: "master_track".to_owned(),
            state,
            priority: 0,
            payload: serde_json::Value::Null,
            attempt: 1,
            max_attempts: 3,
            progress: 1.0,
            stage: None,
            output: None,
            error: None,
            run_at: Time::from_micros(0),
            created_at: Time::from_micros(0),
            started_at: None,
            finished_at: None,
            flow_id: None,
            trace_id: queue::TraceId::random(),
            cancel_requested: false,
        }
    }

    #[test]
    fn a_master_is_done_when_its_result_is_seen_and_not_before() {
        for (of_job, shown) in [
            (State::Done, "running"),
            (State::Running, "running"),
            (State::Cancelled, "cancelled"),
            (State::Dead, "dead"),
        ] {
            let master = Master::of(row(), "song.wav", Some(job(of_job)));
            assert_eq!(
                (master.state.as_str(), master.result.is_none()),
                (shown, true)
            );
        }
    }
}
