//! A master as the API shows it: what was asked, how far it is, and what came of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use models::artifacts::Artifact;
use models::masters::{MasterRow, Purpose};
use models::{MasterId, settings};
use queue::Job;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::choice::{Tone, WeightedReference};
use crate::files::{MadeFile, stem};
use crate::jobs::view::{Followed, JobError};

/// A master or a preview, finished or on its way.
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
    /// The track whose tone it should come close to; the first of them if there are several.
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
    /// `wav`, `flac` or `vorbis`: the first file's.
    pub format: String,
    /// `16`, `24` or `32f`: the first file's.
    pub bits: String,
    /// Everything else that was asked.
    #[serde(default)]
    pub settings: MasterSettings,
    /// Why there is no result, when there will be none or an attempt failed.
    pub error: Option<JobError>,
    /// The finished master: its first file and the report.
    pub result: Option<MasterResult>,
    /// All files of the finished master, in the order in which they were asked for.
    #[serde(default)]
    pub files: Vec<MadeFile>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the result was there.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a master should come to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MasterTarget {
    /// The target's name; `custom` for figures of one's own; `natural`, `reference` or `preset`.
    pub name: String,
    /// Integrated loudness, LUFS; null where only the track, a reference or the assistant will
    /// tell: then the report does.
    pub integrated_lufs: Option<f64>,
    /// Highest true peak, dBTP.
    pub ceiling_dbtp: f64,
}

/// What was asked of a master beside its target.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct MasterSettings {
    /// Which form this has.
    pub version: u32,
    /// Whether the master is to stay under full scale after lossy coding too.
    pub codec_safe: bool,
    /// The preset's name, or `assistant`.
    pub preset: String,
    /// Amounts of the preset's stages in percent, where they are not its own.
    pub amounts: BTreeMap<String, f64>,
    /// Tracks to go by.
    pub references: Vec<WeightedReference>,
    /// How far the references' tone is taken on.
    pub tone: Tone,
    /// The files to write.
    pub outputs: Vec<MasterOutput>,
}

/// One file that was asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MasterOutput {
    /// `wav`, `flac` or `vorbis`.
    pub format: String,
    /// `16`, `24` or `32f`.
    pub bits: String,
    /// `triangular` or `shaped`.
    pub dither: String,
    /// Sample rate, Hz; null for the track's own.
    pub sample_rate_hz: Option<u32>,
    /// Only the loudest part, of so many seconds; null for the whole track.
    pub excerpt_seconds: Option<u32>,
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
    pub report: Value,
}

impl From<settings::Settings> for MasterSettings {
    fn from(settings: settings::Settings) -> Self {
        let reference = |it: settings::Reference| WeightedReference {
            track_id: it.track_id.uuid(),
            weight: it.weight,
        };
        let output = |it: settings::Output| MasterOutput {
            format: it.format,
            bits: it.bits,
            dither: it.dither,
            sample_rate_hz: it.sample_rate_hz,
            excerpt_seconds: it.excerpt_seconds,
        };
        Self {
            version: settings.version,
            codec_safe: settings.codec_safe,
            preset: settings.preset,
            amounts: settings.amounts,
            references: settings.references.into_iter().map(reference).collect(),
            tone: settings.tone.into(),
            outputs: settings.outputs.into_iter().map(output).collect(),
        }
    }
}

impl Master {
    /// A master that was asked for just now.
    pub fn fresh(row: MasterRow, filename: &str) -> Self {
        Self::shown(row, filename, Followed::fresh())
    }

    /// Joins what was asked with how far its job is. A job that is gone (`None`) had ended.
    pub fn of(row: MasterRow, filename: &str, job: Option<Job>) -> Self {
        let followed = Followed::of(row.result.is_some(), job);
        Self::shown(row, filename, followed)
    }

    fn shown(row: MasterRow, track: &str, followed: Followed) -> Self {
        let at = address(row.purpose, row.id);
        let files = row.result.as_ref().map(|result| result.files.as_slice());
        let files = MadeFile::all(files.unwrap_or_default(), &at);
        let result = result(&row, track);
        let finished_at = row.result.map(|result| result.completed_at.into());
        let settings = row.settings;
        let (format, bits) = match settings.outputs.first() {
            Some(first) => (first.format.clone(), first.bits.clone()),
            None => (String::new(), String::new()),
        };
        Self {
            id: row.id.uuid(),
            job_id: row.job_id.uuid(),
            track_id: row.track_id.uuid(),
            track_filename: track.to_owned(),
            reference_track_id: settings.references.first().map(|it| it.track_id.uuid()),
            state: followed.state,
            progress: followed.progress,
            stage: followed.stage,
            target: MasterTarget::of(&settings.target),
            format,
            bits,
            settings: settings.into(),
            error: followed.error,
            result,
            files,
            created_at: row.created_at.into(),
            finished_at,
        }
    }

    /// Without the report's plots, which are most of its bytes: for lists.
    #[must_use]
    pub fn brief(mut self) -> Self {
        if let Some(result) = &mut self.result {
            result.report = without_plots(result.report.take());
        }
        self
    }
}

/// A report without its plots, which are most of its bytes.
pub(crate) fn without_plots(mut report: Value) -> Value {
    if let Some(report) = report.as_object_mut() {
        for plot in ["waveform", "timeline"] {
            report.remove(plot);
        }
    }
    report
}

impl MasterTarget {
    /// As it was asked for.
    pub(crate) fn of(target: &settings::Target) -> Self {
        Self {
            name: target.name.clone(),
            integrated_lufs: target.integrated_lufs,
            ceiling_dbtp: target.ceiling_dbtp,
        }
    }
}

fn result(row: &MasterRow, track: &str) -> Option<MasterResult> {
    let result = row.result.as_ref()?;
    let first = result.files.first()?;
    Some(MasterResult {
        filename: filename(track, row, &result.files, first),
        media_type: first.media_type.clone(),
        size_bytes: first.size_bytes,
        sha256: first.sha256.clone(),
        report: result.report.clone(),
    })
}

/// Where masters for a purpose are listed and asked for.
pub(crate) fn list_address(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Master => "/v1/masters",
        Purpose::Preview => "/v1/previews",
    }
}

/// Where one is.
pub(crate) fn address(purpose: Purpose, id: MasterId) -> String {
    format!("{}/{id}", list_address(purpose))
}

/// The only file of `song.mp3` for `spotify` as `wav` is saved as `song (spotify master).wav`; one
/// of several says which: `song (spotify master, 16bit).flac`.
pub(crate) fn filename(track: &str, row: &MasterRow, all: &[Artifact], file: &Artifact) -> String {
    let about = format!("{} {}", row.settings.target.name, row.purpose);
    saved_as(track, &about, &file.name, all.len() > 1)
}

/// The name under which a file by its `name` on the platform is saved, with what it is of and, if
/// there are several, which of them it is.
pub(crate) fn saved_as(track: &str, about: &str, name: &str, several: bool) -> String {
    let stem = stem(track);
    let (name, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let which = name.trim_start_matches("master").trim_start_matches('-');
    if several && !which.is_empty() {
        format!("{stem} ({about}, {which}).{ending}")
    } else {
        format!("{stem} ({about}).{ending}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::Time;
    use models::artifacts::ResultRow;
    use models::{ArtistId, TrackId};
    use queue::JobId;

    fn file(name: &str) -> Artifact {
        Artifact {
            name: name.to_owned(),
            format: "wav".to_owned(),
            media_type: "audio/wav".to_owned(),
            size_bytes: 1,
            sha256: "0".repeat(64),
            object_key: name.to_owned(),
        }
    }

    fn row(files: Vec<Artifact>) -> MasterRow {
        let settings = serde_json::json!({
            "version": 1,
            "target": { "name": "spotify", "integrated_lufs": -14.0, "ceiling_dbtp": -1.0 },
            "outputs": [{ "format": "wav", "bits": "24" }],
        });
        MasterRow {
            id: MasterId::new(),
            artist_id: ArtistId::new(),
            purpose: Purpose::Master,
            track_id: TrackId::new(),
            job_id: JobId::new().uuid().into(),
            settings: serde_json::from_value(settings).unwrap(),
            result: Some(ResultRow {
                files,
                report: serde_json::json!({ "version": 1, "waveform": {} }),
                completed_at: Time::from_micros(0),
            }),
            created_at: Time::from_micros(0),
        }
    }

    #[test]
    fn one_of_several_files_is_saved_under_a_name_that_says_which() {
        let one = Master::of(row(vec![file("master-24bit.wav")]), "song.mp3", None);
        assert_eq!(one.result.unwrap().filename, "song (spotify master).wav");
        let files = vec![file("master-24bit.wav"), file("master-30s.ogg")];
        let master = Master::of(row(files.clone()), "song.mp3", None).brief();
        let result = master.result.unwrap();
        assert_eq!(result.filename, "song (spotify master, 24bit).wav");
        assert!(result.report.get("waveform").is_none());
        let second = filename("song.mp3", &row(files.clone()), &files, &files[1]);
        assert_eq!(second, "song (spotify master, 30s).ogg");
        let url = format!("/v1/masters/{}/files/master-30s.ogg", master.id);
        assert_eq!(master.files[1].url, url);
        assert_eq!(master.state, "done");
    }
}
