//! `analyze_track`: measures a track, looks for its faults, and draws it.

use std::io::Write;
use std::path::PathBuf;

use audio::Limits;
use audio::analysis::Pictures;
use audio::analysis::peaks::PeakBits;
use jobs::{AnalyzeTrack, AnalyzeTrackOutput};
use models::AnalysisId;
use models::analyses::{self, AnalysisRow};
use queue::{Context, Fault, LogLevel};
use serde_json::Value;
use storage::Spooled;
use tempfile::NamedTempFile;

use super::finding::{self, Findings};
use super::results::{self, Made, MadeFile};
use super::rows::{owned, unreadable};
use super::sources::Opened;
use super::watch::Watch;
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: AnalyzeTrack,
) -> Result<AnalyzeTrackOutput, Ending> {
    let row = asked(&environment, &context, &payload).await?;
    let owner = row.owner();
    if let Some(result) = row.result {
        // An earlier attempt got as far as the result and died before the job was finished.
        context.log(LogLevel::Info, "an earlier attempt had made the analysis");
        results::sweep_losers(&environment, owner, &result.files).await?;
        let findings = serde_json::from_value(result.report).map_err(unreadable)?;
        return Ok(output(row.id, &findings));
    }
    let folder = environment.storage.work_dir()?;
    let artist = payload.artist_id;
    let work = Work {
        track: Opened::fetch(&environment, artist, row.track_id, folder.path()).await?,
        limits: environment.audio_limits,
        folder: folder.path().to_owned(),
        watch: Watch::new(context.clone()),
    };
    let (made, findings) =
        results::aside(&environment, &context, owner, move || work.run()).await?;
    context.log(LogLevel::Info, said(&findings));
    results::keep(&environment, &context, owner, made).await?;
    Ok(output(row.id, &findings))
}

async fn asked(
    environment: &Environment,
    context: &Context,
    payload: &AnalyzeTrack,
) -> Result<AnalysisRow, Ending> {
    owned(context, payload.artist_id)?;
    let mut db = environment.pool.get().await?;
    let found = analyses::find(&mut db, payload.artist_id, payload.analysis_id).await?;
    let gone = || {
        Fault::permanent(
            "analysis_gone",
            "the analysis was removed before it was made",
        )
    };
    Ok(found.ok_or_else(gone)?.analysis)
}

/// What the thread that works on the sound takes along.
struct Work {
    track: Opened,
    limits: Limits,
    folder: PathBuf,
    watch: Watch,
}

impl Work {
    fn run(mut self) -> Result<(Made, Findings), Ending> {
        let source = self.track.source(&self.limits)?;
        let (findings, pictures) = finding::find(source, &mut self.watch)?;
        let mut files = Vec::new();
        for (name, format, media_type, bytes) in drawn(pictures.as_ref())? {
            let mut file = NamedTempFile::new_in(&self.folder)?;
            file.write_all(&bytes)?;
            files.push(MadeFile {
                name: name.to_owned(),
                format,
                media_type,
                bytes: Spooled::adopt(file.into_temp_path())?,
            });
        }
        let report = serde_json::to_value(&findings).map_err(unreadable)?;
        Ok((Made { files, report }, findings))
    }
}

type Drawn = (&'static str, &'static str, &'static str, Vec<u8>);

/// The pictures as files: name, format, media type, bytes. The finest zoom of the waveform goes into
/// the compact form; the readable one is four times coarser, which is still finer than any screen.
fn drawn(pictures: Option<&Pictures>) -> Result<Vec<Drawn>, Ending> {
    let Some(Pictures { peaks, spectrogram }) = pictures else {
        return Ok(Vec::new());
    };
    let mut files = Vec::with_capacity(3);
    let mut zooms = peaks.zooms.iter();
    if let Some(finest) = zooms.next() {
        let bytes = peaks.dat(finest, PeakBits::Eight);
        files.push(("peaks.dat", "dat", "application/octet-stream", bytes));
    }
    if let Some(coarser) = zooms.next() {
        let json: Value = peaks.json(coarser, PeakBits::Eight);
        files.push((
            "peaks.json",
            "json",
            "application/json",
            json.to_string().into(),
        ));
    }
    files.push(("spectrogram.png", "png", "image/png", spectrogram.png()?));
    Ok(files)
}

/// The outcome in a line, for the job's story.
fn said(findings: &Findings) -> String {
    let loudness = findings.measurement.integrated_lufs;
    let loudness = loudness.map_or("no loudness".to_owned(), |lufs| format!("{lufs:.1} LUFS"));
    let codes: Vec<_> = findings.faults.iter().map(|it| it.code.as_str()).collect();
    if codes.is_empty() {
        format!("{loudness}, no faults")
    } else {
        format!("{loudness}; {}", codes.join(", "))
    }
}

fn output(id: AnalysisId, findings: &Findings) -> AnalyzeTrackOutput {
    AnalyzeTrackOutput {
        analysis_id: id,
        integrated_lufs: findings.measurement.integrated_lufs,
        faults: findings.faults.iter().map(|it| it.code.clone()).collect(),
    }
}
