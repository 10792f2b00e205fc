//! What masters and their previews share: one attempt at making the files that a row asks for.

use audio::Report;
use jobs::MasterTrackOutput;
use models::artifacts::Owner;
use models::masters::{self, MasterRow, Purpose};
use models::{ArtistId, MasterId};
use queue::{Context, Fault, LogLevel, StopReason};

use super::kept::Kept;
use super::making::{Making, said};
use super::results::{self, Made};
use super::rows::{owned, unreadable};
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

    let folder = environment.storage.work_dir()?;
    let artist = wanted.artist;
    let making = Making::prepare(environment, artist, &row.settings, folder.path()).await?;
    let track = Opened::fetch(environment, artist, row.track_id, folder.path()).await?;
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
        making,
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
    owned(context, wanted.artist)?;
    let mut db = environment.pool.get().await?;
    let found = masters::find(&mut db, wanted.artist, wanted.purpose, wanted.id).await?;
    let gone = || Fault::permanent("master_gone", "the master was removed before it was made");
    Ok(found.ok_or_else(gone)?.master)
}

/// What the thread that works on the sound takes along.
struct Work {
    track: Opened,
    making: Making,
    kept: Kept,
    watch: Watch,
}

impl Work {
    fn run(mut self) -> Result<(Made, Report), Ending> {
        let (files, report) = self
            .making
            .master(&self.track, &mut self.kept, &mut self.watch)?;
        let made = Made {
            files: self.making.named(files, "")?,
            report: serde_json::to_value(&report).map_err(unreadable)?,
        };
        Ok((made, report))
    }
}

fn output(id: MasterId, report: &Report) -> MasterTrackOutput {
    MasterTrackOutput {
        master_id: id,
        integrated_lufs: report.after.integrated_lufs,
        true_peak_dbtp: report.after.true_peak_dbtp,
        target_reached: report.target_reached,
    }
}
