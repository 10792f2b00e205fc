//! `master_album`: makes masters of tracks that belong together.
//!
//! All tracks are listened to, then all are mastered. Where one can't get as loud as its place among
//! the others asks, all of them are mastered again, as much quieter.

use std::io;
use std::sync::Arc;

use audio::master::{Album, OutputKind};
use audio::{Destination, Report, Scratch, Source};
use jobs::{MasterAlbum, MasterAlbumOutput};
use models::AlbumId;
use models::albums::{self, AlbumRow};
use queue::{Context, Fault, LogLevel};
use serde::{Deserialize, Serialize};

use super::checked::Checked;
use super::making::{Making, figure, said};
use super::results::{self, Made};
use super::rows::{owned, unreadable};
use super::sources::Opened;
use super::watch::Watch;
use crate::ending::Ending;
use crate::environment::Environment;

/// The form of [`AlbumReport`].
const VERSION: u32 = 1;
/// One round finds out by how much the slowest track falls short, the next makes up for it; a third
/// is for one that falls short of that too.
const MOST_ROUNDS: u32 = 4;
/// Share of the job that goes into listening.
const LISTENED: f32 = 0.2;
/// Where in the job the first round of masters ends, and the last.
const ROUNDS: (f32, f32) = (0.85, 0.95);

/// What is told of an album. Its JSON shape is public: fields are added, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlbumReport {
    /// Which form this has.
    pub version: u32,
    /// Integrated loudness of all tracks as they came, one after the other, LUFS.
    pub integrated_lufs_before: Option<f64>,
    /// Integrated loudness of all masters one after the other, LUFS: of the first file that holds
    /// whole tracks; null where none does, and for silence.
    pub integrated_lufs: Option<f64>,
    /// How much lower than asked for all of them are, so that each keeps its place, LU.
    pub lowered_lu: f64,
    /// How often all tracks were mastered.
    pub rounds: u32,
    /// The tracks' own reports, in their order.
    pub tracks: Vec<Report>,
}

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: MasterAlbum,
) -> Result<MasterAlbumOutput, Ending> {
    let row = asked(&environment, &context, &payload).await?;
    let owner = row.owner();
    if let Some(result) = row.result {
        // An earlier attempt got as far as the result and died before the job was finished.
        context.log(LogLevel::Info, "an earlier attempt had made the album");
        results::sweep_losers(&environment, owner, &result.files).await?;
        let report = serde_json::from_value(result.report).map_err(unreadable)?;
        return Ok(output(row.id, &report));
    }
    let folder = environment.storage.work_dir()?;
    let artist = payload.artist_id;
    let making = Making::prepare(&environment, artist, &row.settings, folder.path()).await?;
    let mut tracks = Vec::with_capacity(row.tracks.len());
    for (track, _) in row.tracks {
        tracks.push(Opened::fetch(&environment, artist, track, folder.path()).await?);
    }
    let work = Work {
        tracks,
        making,
        watch: Watch::new(context.clone()),
        context: context.clone(),
    };
    let (made, report) = results::aside(&environment, &context, owner, move || work.run()).await?;
    results::keep(&environment, &context, owner, made).await?;
    Ok(output(row.id, &report))
}

async fn asked(
    environment: &Environment,
    context: &Context,
    payload: &MasterAlbum,
) -> Result<AlbumRow, Ending> {
    owned(context, payload.artist_id)?;
    let mut db = environment.pool.get().await?;
    let found = albums::find(&mut db, payload.artist_id, payload.album_id).await?;
    let gone = || Fault::permanent("album_gone", "the album was removed before it was made");
    Ok(found.ok_or_else(gone)?)
}

/// What the thread that works on the sound takes along.
struct Work {
    tracks: Vec<Opened>,
    making: Making,
    watch: Watch,
    context: Context,
}

/// One master, not kept yet.
type Mastered = (Vec<Checked>, Report);

impl Work {
    fn run(mut self) -> Result<(Made, AlbumReport), Ending> {
        let mut album = self.listen()?;
        let (mut from, mut rounds) = (LISTENED, 0);
        let masters = loop {
            let to = if rounds == 0 {
                ROUNDS.0
            } else {
                f32::midpoint(from, ROUNDS.1)
            };
            self.making.settings.album = Some(Arc::new(album.clone()));
            let masters = self.round(from, to)?;
            rounds += 1;
            from = to;
            if rounds == MOST_ROUNDS || !album.spare(masters.iter().map(|(_, report)| report)) {
                break masters;
            }
            let words = format!(
                "all tracks come down to {:.1} LU below what was asked for, so that each keeps its \
                 place",
                album.lowered_lu()
            );
            self.context.log(LogLevel::Info, words);
        };
        self.told(masters, rounds, from)
    }

    fn listen(&mut self) -> audio::Result<Album> {
        let mut album = Album::new();
        let parts = parts(self.tracks.len(), 0.0, LISTENED);
        for (track, (from, to)) in self.tracks.iter().zip(parts) {
            let source = track.source(self.making.limits())?;
            album.add(source, &mut self.watch.part(from, to))?;
        }
        Ok(album)
    }

    /// Masters every track.
    fn round(&mut self, from: f32, to: f32) -> audio::Result<Vec<Mastered>> {
        let folder = self.making.folder().to_owned();
        let mut workspace =
            || -> io::Result<Box<dyn Scratch>> { Ok(Box::new(tempfile::tempfile_in(&folder)?)) };
        let of = self.tracks.len();
        let mut masters = Vec::with_capacity(of);
        for (index, (from, to)) in parts(of, from, to).enumerate() {
            let Some(track) = self.tracks.get(index) else {
                break;
            };
            let control = &mut self.watch.part(from, to);
            let (files, report) = self.making.master(track, &mut workspace, control)?;
            let words = format!("track {} of {of}: {}", index + 1, said(&report));
            self.context.log(LogLevel::Info, words);
            masters.push((files, report));
        }
        Ok(masters)
    }

    /// Measures the album as it was written, and tells of it.
    fn told(
        mut self,
        mut masters: Vec<Mastered>,
        rounds: u32,
        from: f32,
    ) -> Result<(Made, AlbumReport), Ending> {
        let whole = |output: &OutputKind| output.excerpt_seconds.is_none();
        let outputs = self.making.settings.outputs.iter();
        let whole = outputs.zip(0..).find(|(output, _)| whole(output));
        let mut after = Album::new();
        if let Some((output, place)) = whole {
            let extension = output.format.extension();
            let parts = parts(masters.len(), from, 1.0);
            for ((files, _), (from, to)) in masters.iter_mut().zip(parts) {
                let Some(file) = files.get_mut::<usize>(place) else {
                    continue;
                };
                let source = Source::open(file.reader()?, Some(extension), self.making.limits())?;
                after.add(source, &mut self.watch.part(from, to))?;
            }
        }
        let mut files = Vec::new();
        let mut tracks = Vec::with_capacity(masters.len());
        for (number, (made, report)) in (1..).zip(masters) {
            files.extend(self.making.named(made, &format!("{number:02}-"))?);
            tracks.push(report);
        }
        let share = tracks.first().and_then(|report| report.album.as_ref());
        let report = AlbumReport {
            version: VERSION,
            integrated_lufs_before: share.and_then(|share| share.integrated_lufs),
            integrated_lufs: after.integrated_lufs(),
            lowered_lu: share.map_or(0.0, |share| share.lowered_lu),
            rounds,
            tracks,
        };
        let words = format!(
            "{} tracks mastered from {} to {} LUFS in all",
            report.tracks.len(),
            figure(report.integrated_lufs_before),
            figure(report.integrated_lufs),
        );
        self.context.log(LogLevel::Info, words);
        let document = serde_json::to_value(&report).map_err(unreadable)?;
        let made = Made {
            files,
            report: document,
        };
        Ok((made, report))
    }
}

/// A stretch of a job's progress in equal parts.
#[expect(clippy::cast_precision_loss, reason = "a few dozen")]
fn parts(count: usize, from: f32, to: f32) -> impl Iterator<Item = (f32, f32)> {
    let step = (to - from) / count.max(1) as f32;
    (0..count).map(move |index| {
        let start = from + step * index as f32;
        (start, start + step)
    })
}

fn output(id: AlbumId, report: &AlbumReport) -> MasterAlbumOutput {
    MasterAlbumOutput {
        album_id: id,
        integrated_lufs: report.integrated_lufs,
        lowered_lu: report.lowered_lu,
    }
}
