//! What masters and their previews share: one attempt at making the files that a row asks for.

use std::io;
use std::path::PathBuf;

use audio::master::{self, Bits, Dither, OutputKind, Reference, Settings};
use audio::{Destination, Limits, Report};
use jobs::MasterTrackOutput;
use models::artifacts::Owner;
use models::masters::{self, MasterRow, Purpose};
use models::{ArtistId, MasterId};
use queue::{Context, Fault, LogLevel, StopReason};
use storage::Spooled;

use super::checked::Checked;
use super::kept::Kept;
use super::results::{self, Made, MadeFile};
use super::settings;
use super::sources::Opened;
use super::watch::Watch;
use crate::ending::Ending;
use crate::environment::Environment;

/// Which master an attempt is to make.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Whose it is.
    pub artist: ArtistId,
    /// The master.
    pub id: MasterId,
    /// What it is for.
    pub purpose: Purpose,
}

/// Runs one attempt.
pub async fn attempt(
    environment: &Environment,
    context: &Context,
    wanted: Wanted,
) -> Result<MasterTrackOutput, Ending> {
    let row = asked(environment, context, wanted).await?;
    let owner = row.owner();
    if let Some(result) = row.result {
        // An earlier attempt got as far as the result and died before the job was finished.
        context.log(LogLevel::Info, "an earlier attempt had made the master");
        results::sweep_losers(environment, owner, &result.files).await?;
        let report = serde_json::from_value(result.report).map_err(unreadable)?;
        return Ok(output(wanted.id, &report));
    }

    let settings = settings::of(&row.settings)
        .map_err(|broken| Fault::permanent("settings_not_usable", broken))?;
    let folder = environment.storage.work_dir()?;
    let track = Opened::fetch(environment, wanted.artist, row.track_id, folder.path()).await?;
    let mut references = Vec::with_capacity(row.settings.references.len());
    for reference in &row.settings.references {
        let id = reference.track_id;
        let opened = Opened::fetch(environment, wanted.artist, id, folder.path()).await?;
        references.push((opened, reference.weight));
    }
    let kept_dir = environment
        .storage
        .kept_dir(&context.job().id.to_string())?;
    let kept = Kept::open(kept_dir.clone())?;
    if kept.holds_anything()? {
        let words = "an earlier attempt had decoded and measured the track: going on from there";
        context.log(LogLevel::Info, words);
    }
    let work = Work {
        track,
        references,
        settings,
        limits: environment.audio_limits,
        folder: folder.path().to_owned(),
        kept,
        watch: Watch::new(context.clone()),
    };
    let ended = finish(environment, context, owner, work).await;
    let is_cancelled = matches!(context.stop_reason(), Some(StopReason::Cancelled(_)));
    if is_cancelled || !ended.as_ref().is_err_and(|ending| !ending.is_for_good()) {
        Kept::remove(&kept_dir);
    }
    Ok(output(wanted.id, &ended?))
}

async fn finish(
    environment: &Environment,
    context: &Context,
    owner: Owner,
    work: Work,
) -> Result<Report, Ending> {
    let (made, report) = results::aside(environment, context, owner, move || work.run()).await?;
    context.log(LogLevel::Info, said(&report));
    results::keep(environment, context, owner, made).await?;
    Ok(report)
}

async fn asked(
    environment: &Environment,
    context: &Context,
    wanted: Wanted,
) -> Result<MasterRow, Ending> {
    if context.job().tenant_id != Some(wanted.artist.uuid()) {
        let words = "the job and its payload name two owners";
        return Err(Fault::permanent("wrong_owner", words).into());
    }
    let mut db = environment.pool.get().await?;
    let found = masters::find(&mut db, wanted.artist, wanted.purpose, wanted.id).await?;
    let gone = || Fault::permanent("master_gone", "the master was removed before it was made");
    Ok(found.ok_or_else(gone)?.master)
}

/// What the thread that works on the sound takes along.
struct Work {
    track: Opened,
    references: Vec<(Opened, f64)>,
    settings: Settings,
    limits: Limits,
    folder: PathBuf,
    kept: Kept,
    watch: Watch,
}

impl Work {
    fn run(mut self) -> Result<(Made, Report), Ending> {
        let track = self.track.source(&self.limits)?;
        let references = self
            .references
            .into_iter()
            .map(|(opened, weight)| {
                let source = opened.source(&self.limits)?;
                Ok(Reference { source, weight })
            })
            .collect::<audio::Result<_>>()?;
        let kinds = &self.settings.outputs;
        let mut files = kinds
            .iter()
            .map(|_| Checked::new_in(&self.folder))
            .collect::<io::Result<Vec<_>>>()?;
        let mut destinations: Vec<&mut dyn Destination> = Vec::with_capacity(files.len());
        for file in &mut files {
            destinations.push(file);
        }
        let report = master::master(
            track,
            references,
            &self.settings,
            &mut self.kept,
            &mut destinations,
            &mut self.watch,
        )?;
        let files = kinds.iter().zip(files).map(|(kind, file)| {
            Ok(MadeFile {
                name: name(kind),
                format: kind.format.as_str(),
                media_type: kind.format.media_type(),
                bytes: Spooled::adopt(file.into_temp_path())?,
            })
        });
        let made = Made {
            files: files.collect::<Result<_, Ending>>()?,
            report: serde_json::to_value(&report).map_err(unreadable)?,
        };
        Ok((made, report))
    }
}

/// The name of a file among those of its master. Two outputs have the same if, and only if, they
/// are the same: `master-16bit-shaped-44100hz.flac`, `master-30s.ogg`.
fn name(kind: &OutputKind) -> String {
    let bits = match kind.bits {
        _ if !kind.format.is_lossless() => "",
        Bits::B16 => "-16bit",
        Bits::B24 => "-24bit",
        Bits::F32 => "-float",
    };
    let dither = match kind.dither {
        Dither::Triangular => "",
        Dither::Shaped => "-shaped",
    };
    let rate = kind.sample_rate_hz.map(|rate| format!("-{rate}hz"));
    let excerpt = kind.excerpt_seconds.map(|seconds| format!("-{seconds}s"));
    let (rate, excerpt) = (rate.unwrap_or_default(), excerpt.unwrap_or_default());
    let ending = kind.format.extension();
    format!("master{bits}{dither}{rate}{excerpt}.{ending}")
}

fn unreadable(error: serde_json::Error) -> Ending {
    Fault::permanent("row_unreadable", error).into()
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

fn output(id: MasterId, report: &Report) -> MasterTrackOutput {
    MasterTrackOutput {
        master_id: id,
        integrated_lufs: report.after.integrated_lufs,
        true_peak_dbtp: report.after.true_peak_dbtp,
        target_reached: report.target_reached,
    }
}

#[cfg(test)]
mod tests {
    use audio::master::Format;

    use super::*;

    #[test]
    fn a_files_name_tells_what_it_is() {
        let shaped = OutputKind {
            dither: Dither::Shaped,
            sample_rate_hz: Some(44_100),
            ..OutputKind::new(Format::Flac, Bits::B16)
        };
        assert_eq!(name(&shaped), "master-16bit-shaped-44100hz.flac");
        assert_eq!(name(&OutputKind::preview(30)), "master-30s.ogg");
        let float = OutputKind::new(Format::Wav, Bits::F32);
        assert_eq!(name(&float), "master-float.wav");
    }
}
