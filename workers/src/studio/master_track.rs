//! `master_track`: makes a master of a track.
//!
//! The bytes are put under a name of this attempt's own, then one fenced transaction makes them
//! the master's result: whatever dies, there is one result, and no attempt writes over another's.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use audio::master::{self, Bits, Format, Loudness, OutputKind, Reference, Settings, Shaping};
use audio::master::{Target, Tone};
use audio::{Limits, Preset, Report, Scratch, Source, preset};
use jobs::{MasterTrack, MasterTrackOutput};
use models::masters::{self, MasterRow, ResultRow, Wanted};
use models::{ArtistId, TrackId, tracks};
use queue::{Context, Fault, LogLevel, QueueError, StopReason};
use serde_json::Value;
use storage::{Key, Spooled};

use super::checked::Checked;
use super::watch::Watch;
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: MasterTrack,
) -> Result<MasterTrackOutput, Ending> {
    let MasterTrack {
        artist_id: artist,
        master_id: id,
    } = payload;
    if context.job().tenant_id != Some(artist.uuid()) {
        return Err(
            Fault::permanent("wrong_owner", "the job and its payload name two owners").into(),
        );
    }
    let row = asked(&environment, artist, &payload).await?;
    if let Some(result) = row.result {
        // An earlier attempt got as far as the result and died before the job was finished.
        context.log(LogLevel::Info, "an earlier attempt had made the master");
        sweep(&environment, &payload, Some(&Key::new(result.object_key)?)).await;
        let report = serde_json::from_value(result.report).map_err(unreadable)?;
        return Ok(output(&payload, &report));
    }

    let settings = settings(&row.wanted)?;
    let format = format(&row.wanted)?;
    let folder = environment.storage.work_dir()?;
    let track = source(&environment, artist, row.wanted.track_id, folder.path()).await?;
    let reference = match row.wanted.reference_track_id {
        Some(track) => Some(source(&environment, artist, track, folder.path()).await?),
        None => None,
    };
    let made = {
        let work = Work {
            track,
            reference,
            settings,
            limits: environment.audio_limits,
            folder: folder.path().to_owned(),
            watch: Watch::new(context.clone()),
        };
        let ended = tokio::task::spawn_blocking(move || work.run()).await;
        if matches!(context.stop_reason(), Some(StopReason::Cancelled(_))) {
            sweep(&environment, &payload, None).await;
        }
        ended.map_err(Ending::died)??
    };

    context.log(LogLevel::Info, said(&made.report));
    let object = Key::new(masters::object_key(artist, id, &row.wanted.format))?;
    let Made { file, report, json } = made;
    let result = ResultRow {
        object_key: object.to_string(),
        media_type: format.media_type().to_owned(),
        size_bytes: i64::try_from(file.size_bytes()).unwrap_or(i64::MAX),
        sha256: file.sha256().to_owned(),
        report: json,
        completed_at: environment.queue.now(),
    };
    environment.storage.put_spooled(&object, file).await?;
    match record(&context, &payload, result).await {
        Ok(true) => sweep(&environment, &payload, Some(&object)).await,
        Ok(false) => {
            discard(&environment, &object).await;
            return Err(no_room());
        }
        // Whoever holds the job now makes the result; these bytes will never be named.
        Err(QueueError::LeaseLost) => {
            discard(&environment, &object).await;
            return Err(QueueError::LeaseLost.into());
        }
        // The commit may or may not have happened: the bytes stay, and the next attempt sees.
        Err(error) => return Err(error.into()),
    }
    Ok(output(&payload, &report))
}

/// The master has a result already, or is gone: the next attempt sees which.
fn no_room() -> Ending {
    Fault::transient("result_not_taken", "the master's row took no result").into()
}

async fn asked(
    environment: &Environment,
    artist: ArtistId,
    payload: &MasterTrack,
) -> Result<MasterRow, Ending> {
    let mut db = environment.pool.get().await?;
    let found = masters::find(&mut db, artist, payload.master_id).await?;
    let gone = || Fault::permanent("master_gone", "the master was removed before it was made");
    Ok(found.ok_or_else(gone)?.master)
}

/// Opens a track for decoding.
async fn source(
    environment: &Environment,
    artist: ArtistId,
    id: TrackId,
    folder: &Path,
) -> Result<Opened, Ending> {
    let row = {
        let mut db = environment.pool.get().await?;
        tracks::find(&mut db, artist, id).await?
    };
    let row = row.ok_or_else(|| Fault::permanent("track_gone", "the track was removed"))?;
    let file = environment.open(&Key::new(row.object_key)?, folder).await?;
    Ok(Opened {
        file,
        extension: row.extension,
    })
}

struct Opened {
    file: io::BufReader<File>,
    extension: String,
}

impl Opened {
    fn source(self, limits: &Limits) -> audio::Result<Source> {
        Source::open(Box::new(self.file), Some(&self.extension), limits)
    }
}

/// What the thread that works on the sound takes along.
struct Work {
    track: Opened,
    reference: Option<Opened>,
    settings: Settings,
    limits: Limits,
    folder: PathBuf,
    watch: Watch,
}

struct Made {
    file: Spooled,
    report: Report,
    json: Value,
}

impl Work {
    fn run(mut self) -> Result<Made, Ending> {
        let track = self.track.source(&self.limits)?;
        let references = self
            .reference
            .map(|opened| {
                let source = opened.source(&self.limits)?;
                Ok(Reference {
                    source,
                    weight: 1.0,
                })
            })
            .into_iter()
            .collect::<audio::Result<_>>()?;
        let mut file = Checked::new_in(&self.folder)?;
        // Without a name, so that not even kill -9 leaves them behind.
        let folder = &self.folder;
        let mut scratch =
            || -> io::Result<Box<dyn Scratch>> { Ok(Box::new(tempfile::tempfile_in(folder)?)) };
        let report = master::master(
            track,
            references,
            &self.settings,
            &mut scratch,
            &mut [&mut file],
            &mut self.watch,
        )?;
        let json = serde_json::to_value(&report).map_err(unreadable)?;
        Ok(Made {
            file: Spooled::adopt(file.into_temp_path())?,
            report,
            json,
        })
    }
}

fn format(wanted: &Wanted) -> Result<Format, Ending> {
    serde_json::from_value(wanted.format.clone().into()).map_err(unreadable)
}

fn settings(wanted: &Wanted) -> Result<Settings, Ending> {
    let bits: Bits = serde_json::from_value(wanted.bits.clone().into()).map_err(unreadable)?;
    Ok(Settings {
        target: Target {
            name: wanted.target_name.clone(),
            loudness: Loudness::Lufs(wanted.integrated_lufs),
            ceiling_dbtp: wanted.ceiling_dbtp,
            codec_safe: false,
        },
        shaping: Shaping::Preset(Box::new(Preset::built_in(preset::DEFAULT)?)),
        tone: Tone::default(),
        outputs: vec![OutputKind::new(format(wanted)?, bits)],
        seed: 0,
    })
}

fn unreadable(error: serde_json::Error) -> Ending {
    Fault::permanent("row_unreadable", error).into()
}

/// Makes the put bytes the master's result, if this attempt still holds the job. False: the
/// master has a result already, or is gone.
async fn record(
    context: &Context,
    payload: &MasterTrack,
    result: ResultRow,
) -> Result<bool, QueueError> {
    let (artist, id) = (payload.artist_id, payload.master_id);
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                let taken = masters::complete(tx.db(), artist, id, &result).await?;
                Ok::<_, QueueError>(taken)
            })
        })
        .await
}

/// Removes what attempts other than the `winner`'s left in the master's folder.
async fn sweep(environment: &Environment, payload: &MasterTrack, winner: Option<&Key>) {
    let swept = async {
        let folder = Key::new(masters::object_folder(payload.artist_id, payload.master_id))?;
        environment.storage.delete_prefix(&folder, winner).await
    };
    if let Err(error) = swept.await {
        tracing::warn!(%error, "an earlier attempt's file was left behind");
    }
}

async fn discard(environment: &Environment, object: &Key) {
    if let Err(error) = environment.storage.delete(object).await {
        tracing::warn!(%error, "a file that nothing names was left behind");
    }
}

/// The outcome in a line, for the job's story.
fn said(report: &Report) -> String {
    let figure = |figure: Option<f64>| figure.map_or("-".to_owned(), |it| format!("{it:.1}"));
    let reached = if report.target_reached {
        ""
    } else {
        "; short of the target"
    };
    let (before, after) = (&report.before, &report.after);
    format!(
        "mastered from {} to {} LUFS, {} dBTP{reached}",
        figure(before.integrated_lufs),
        figure(after.integrated_lufs),
        figure(after.true_peak_dbtp),
    )
}

fn output(payload: &MasterTrack, report: &Report) -> MasterTrackOutput {
    MasterTrackOutput {
        master_id: payload.master_id,
        integrated_lufs: report.after.integrated_lufs,
        true_peak_dbtp: report.after.true_peak_dbtp,
        target_reached: report.target_reached,
    }
}
