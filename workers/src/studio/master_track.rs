//! `master_track`: makes a master of a track.
//!
//! The bytes are put under a name of this attempt's own, then one fenced transaction makes them
//! the master's result: whatever dies, there is one result, and no attempt writes over another's.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use audio::master::{self, Bits, Format, Settings, Target};
use audio::{Limits, Report, Scratch, Source};
use futures::TryStreamExt;
use jobs::{MasterTrack, MasterTrackOutput};
use models::masters::{self, MasterRow, ResultRow, Wanted};
use models::{ArtistId, TrackId, tracks};
use queue::{Context, Fault, QueueError, StopReason};
use serde_json::Value;
use sha2::{Digest, Sha256};
use storage::Key;

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
        sweep(&environment, &payload, Some(&Key::new(result.object_key)?)).await;
        let report = serde_json::from_value(result.report).map_err(unreadable)?;
        return Ok(output(&payload, &report));
    }

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
            settings: settings(&row.wanted)?,
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

    let name = masters::object_key(artist, id, &row.wanted.format);
    let object = Key::new(name.clone())?;
    environment.storage.put_file(&object, &made.path).await?;
    match record(&environment, &context, &payload, name, &made).await {
        Ok(()) => sweep(&environment, &payload, Some(&object)).await,
        // Whoever holds the job now makes the result; these bytes will never be named.
        Err(QueueError::LeaseLost) => {
            discard(&environment, &object).await;
            return Err(QueueError::LeaseLost.into());
        }
        // The commit may or may not have happened: the bytes stay, and the next attempt sees.
        Err(error) => return Err(error.into()),
    }
    Ok(output(&payload, &made.report))
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
    path: PathBuf,
    report: Report,
    report_json: Value,
    size_bytes: u64,
    sha256: String,
}

impl Work {
    fn run(mut self) -> Result<Made, Ending> {
        let track = self.track.source(&self.limits)?;
        let reference = self
            .reference
            .map(|opened| opened.source(&self.limits))
            .transpose()?;
        let path = self.folder.join("master");
        let mut file = BufWriter::with_capacity(1 << 18, File::create(&path)?);
        // Without a name, so that not even kill -9 leaves them behind.
        let folder = &self.folder;
        let mut scratch =
            || -> io::Result<Box<dyn Scratch>> { Ok(Box::new(tempfile::tempfile_in(folder)?)) };
        let report = master::master(
            track,
            reference,
            &self.settings,
            &mut scratch,
            &mut file,
            &mut self.watch,
        )?;
        file.flush()?;
        drop(file);
        let (size_bytes, sha256) = fingerprint(&path)?;
        let report_json = serde_json::to_value(&report).map_err(unreadable)?;
        Ok(Made {
            path,
            report,
            report_json,
            size_bytes,
            sha256,
        })
    }
}

fn fingerprint(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hash.update(bytes);
        size += bytes.len() as u64;
    }
    Ok((size, hex::encode(hash.finalize())))
}

fn settings(wanted: &Wanted) -> Result<Settings, Ending> {
    let format: Format =
        serde_json::from_value(wanted.format.clone().into()).map_err(unreadable)?;
    let bits: Bits = serde_json::from_value(wanted.bits.clone().into()).map_err(unreadable)?;
    Ok(Settings {
        target: Target {
            name: wanted.target_name.clone(),
            integrated_lufs: wanted.integrated_lufs,
            ceiling_dbtp: wanted.ceiling_dbtp,
        },
        format,
        bits,
        seed: 0,
    })
}

fn unreadable(error: serde_json::Error) -> Ending {
    Fault::permanent("row_unreadable", error).into()
}

/// Makes the put bytes the master's result, if this attempt still holds the job.
async fn record(
    environment: &Environment,
    context: &Context,
    payload: &MasterTrack,
    object_key: String,
    made: &Made,
) -> Result<(), QueueError> {
    let result = ResultRow {
        object_key,
        media_type: match made.report.output.format.as_str() {
            "flac" => "audio/flac",
            _ => "audio/wav",
        }
        .to_owned(),
        size_bytes: i64::try_from(made.size_bytes).unwrap_or(i64::MAX),
        sha256: made.sha256.clone(),
        report: made.report_json.clone(),
        completed_at: environment.queue.now(),
    };
    let (artist, id) = (payload.artist_id, payload.master_id);
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                masters::complete(tx.db(), artist, id, &result).await?;
                Ok::<_, QueueError>(())
            })
        })
        .await
}

/// Removes what attempts other than the `winner`'s left in the master's folder.
async fn sweep(environment: &Environment, payload: &MasterTrack, winner: Option<&Key>) {
    let swept = async {
        let folder = Key::new(masters::object_folder(payload.artist_id, payload.master_id))?;
        let mut entries = environment.storage.list(Some(&folder));
        while let Some(entry) = entries.try_next().await? {
            if Some(&entry.key) != winner {
                environment.storage.delete(&entry.key).await?;
            }
        }
        Ok::<_, storage::StorageError>(())
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

fn output(payload: &MasterTrack, report: &Report) -> MasterTrackOutput {
    MasterTrackOutput {
        master_id: payload.master_id,
        integrated_lufs: report.after.integrated_lufs,
        true_peak_dbtp: report.after.true_peak_dbtp,
        target_reached: report.target_reached,
    }
}
