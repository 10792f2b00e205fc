//! `master`: masters a local file through the platform's own queue and workers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use bytes::Bytes;
use config::{Config, Secret, TARGET_DEFAULT_DBTP};
use indicatif::{ProgressBar, ProgressStyle};
use intake::{
    App, Bits, CustomTarget, Format, IdempotencyKey, Master, MasterRequest, Problem, Target, Track,
};
use metrics_exporter_prometheus::PrometheusBuilder;
use models::{ArtistId, MasterId, accounts, masters};
use queue::{Job, JobId, Scope, State};
use storage::Key;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::args::{BitsArg, FormatArg, MasterArgs};
use crate::platform::{Platform, settings};
use crate::{stop, telemetry};

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Masters `args.input` into `args.output`. The platform lives in a temporary folder meanwhile,
/// so that neither a running one nor its data is touched.
pub async fn run(file: Option<&Path>, args: Box<MasterArgs>) -> anyhow::Result<ExitCode> {
    check(&args)?;
    let folder = tempfile::Builder::new().prefix("maxbooster-").tempdir()?;
    let config = embedded(settings(file)?, folder.path());
    telemetry::log(&config)?;
    db::migrate(config.database_url().expose()).await?;
    let platform = Platform::open(config).await?;
    let stop = stop::on_signal()?;
    let workers = platform.workers(&platform.config.workers.queues).await?;

    let work = master(&platform, &args);
    let done = tokio::select! {
        done = work => done,
        () = stop.cancelled() => Err(anyhow!("stopped; nothing was written")),
    };
    workers.stop().await?;
    done.map(|()| ExitCode::SUCCESS)
}

/// Refuses what can be seen to be wrong before anything is done.
fn check(args: &MasterArgs) -> anyhow::Result<()> {
    let part = part_of(&args.output);
    let mut reads = vec![(args.input.as_path(), "its own track")];
    reads.extend(
        args.reference
            .as_deref()
            .map(|path| (path, "its reference")),
    );
    let mut writes = vec![
        (args.output.as_path(), "the master"),
        (&part, "the unfinished master"),
    ];
    writes.extend(args.report.as_deref().map(|path| (path, "the report")));
    writes.extend(args.page.as_deref().map(|path| (path, "the page")));
    let mut taken = Vec::new();
    for (path, name) in reads {
        let about = path
            .metadata()
            .with_context(|| path.display().to_string())?;
        ensure!(about.is_file(), "{}: not a file", path.display());
        taken.push((place_of(path)?, name));
    }
    for (path, name) in writes {
        let place = place_of(path)?;
        ensure!(!place.is_dir(), "{}: is a folder", path.display());
        if let Some((_, other)) = taken.iter().find(|(taken, _)| *taken == place) {
            bail!("{}: {name} would replace {other}", path.display());
        }
        taken.push((place, name));
    }
    Ok(())
}

/// The one place that a path means, however it is written; the file itself need not be there.
fn place_of(path: &Path) -> anyhow::Result<PathBuf> {
    if let Ok(place) = path.canonicalize() {
        return Ok(place);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "{}: no such folder", folder.display());
    let name = path
        .file_name()
        .with_context(|| format!("{}: not a file's name", path.display()))?;
    Ok(folder.canonicalize()?.join(name))
}

/// The user's settings, with everything that is kept moved into `folder`.
fn embedded(mut config: Config, folder: &Path) -> Config {
    folder.clone_into(&mut config.data.dir);
    config.database.url = Secret::new(String::new());
    config.storage.url = String::new();
    config.redis.url = Secret::new(String::new());
    // Who stops it wants nothing of what still runs.
    config.queue.drain_seconds = 0;
    "error".clone_into(&mut config.log.filter);
    config
}

async fn master(platform: &Platform, args: &MasterArgs) -> anyhow::Result<()> {
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let app = platform.intake(metrics);
    let now = platform.queue.now();
    let artist = platform
        .pool
        .tx(move |db| Box::pin(async move { accounts::create(db, "cli", now).await }))
        .await?
        .0
        .id;
    let track = hand_in(&app, artist, &args.input).await?;
    let reference = match &args.reference {
        Some(reference) => Some(hand_in(&app, artist, reference).await?.id),
        None => None,
    };
    let request = request(args, track.id, reference);
    let (asked, _) = intake::accept_master(&app, artist, IdempotencyKey::none(), request)
        .await
        .map_err(|problem| refused(&problem))?;
    let job = follow(platform, JobId(asked.job_id)).await?;
    match (job.state, job.error) {
        (State::Done, _) => collect(platform, artist, &asked, args).await,
        (_, Some(error)) => bail!(
            "{}: {} ({})",
            args.input.display(),
            error.message,
            error.code
        ),
        (state, None) => bail!("{}: the job is {state}", args.input.display()),
    }
}

/// The same way in as an upload's.
async fn hand_in(app: &App, artist: ArtistId, path: &Path) -> anyhow::Result<Track> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let mut spool = app.storage.spool(app.limits.max_upload_bytes)?;
    let mut file = tokio::fs::File::open(path)
        .await
        .with_context(|| path.display().to_string())?;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        if file.read_buf(&mut chunk).await? == 0 {
            break;
        }
        spool.write_chunk(&Bytes::from(chunk)).await?;
    }
    let received = spool.finish().await?;
    let accepted = intake::accept_track(app, artist, IdempotencyKey::none(), received, name).await;
    let (track, _) =
        accepted.map_err(|problem| refused(&problem).context(path.display().to_string()))?;
    Ok(track)
}

fn refused(problem: &Problem) -> anyhow::Error {
    anyhow!(
        "{} ({})",
        problem.detail.trim_end_matches('.'),
        problem.code
    )
}

fn request(args: &MasterArgs, track_id: Uuid, reference_track_id: Option<Uuid>) -> MasterRequest {
    let target = match (args.lufs, &args.target) {
        (Some(integrated_lufs), _) => Target::Custom(CustomTarget {
            integrated_lufs,
            ceiling_dbtp: args.ceiling.unwrap_or(TARGET_DEFAULT_DBTP),
        }),
        (None, Some(name)) => Target::Named(name.clone()),
        (None, None) => Target::Named("spotify".to_owned()),
    };
    let by_name = args
        .output
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("flac"));
    let format = match args.format {
        Some(FormatArg::Flac) => Format::Flac,
        None if by_name => Format::Flac,
        Some(FormatArg::Wav) | None => Format::Wav,
    };
    let bits = match args.bits {
        BitsArg::B16 => Bits::B16,
        BitsArg::B24 => Bits::B24,
        BitsArg::F32 => Bits::F32,
    };
    MasterRequest {
        track_id,
        target,
        reference_track_id,
        format,
        bits,
    }
}

/// Waits for the job's end, with a bar where standard error is a terminal.
async fn follow(platform: &Platform, id: JobId) -> anyhow::Result<Job> {
    const STEPS: f32 = 1000.0;
    let bar = ProgressBar::new(1000);
    bar.set_style(ProgressStyle::with_template(
        "{msg:9} [{bar:40}] {percent:>3} %  {elapsed}",
    )?);
    let mut watch = platform.queue.watch(id);
    loop {
        let job = platform
            .queue
            .job(Scope::Operator, id)
            .await?
            .context("the job is gone")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "progress is 0 to 1"
        )]
        bar.set_position((job.progress * STEPS) as u64);
        bar.set_message(job.stage.clone().unwrap_or_default());
        if job.state.is_final() {
            bar.finish_and_clear();
            return Ok(job);
        }
        watch.changed().await;
    }
}

/// Writes the master and the report, and says what was done.
async fn collect(
    platform: &Platform,
    artist: ArtistId,
    asked: &Master,
    args: &MasterArgs,
) -> anyhow::Result<()> {
    let mut db = platform.pool.get().await?;
    let result = masters::find(&mut db, artist, MasterId(asked.id))
        .await?
        .and_then(|found| found.master.result)
        .context("the job is done and left no master")?;
    drop(db);
    let object = Key::new(result.object_key)?;
    let bytes = platform
        .storage
        .local_path(&object)
        .context("the master is not in the local folder")?;
    place(&bytes, &args.output).with_context(|| args.output.display().to_string())?;
    if let Some(path) = &args.report {
        let report = serde_json::to_vec_pretty(&result.report)?;
        std::fs::write(path, report).with_context(|| path.display().to_string())?;
    }
    let report: audio::Report = serde_json::from_value(result.report)?;
    if let Some(path) = &args.page {
        let title = args.input.file_stem().unwrap_or_default();
        let page = audio::page::render(&report, &title.to_string_lossy());
        std::fs::write(path, page).with_context(|| path.display().to_string())?;
    }
    summary(&report, args);
    Ok(())
}

/// Where a file is written before it gets its name.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Whole or not at all under its name: written beside it first.
fn place(from: &Path, to: &Path) -> std::io::Result<()> {
    let part = part_of(to);
    let copied = File::open(from)
        .and_then(|mut from| std::io::copy(&mut from, &mut File::create(&part)?))
        .and_then(|_| std::fs::rename(&part, to));
    if copied.is_err() {
        // Best effort: the first error is the one to tell.
        let _ = std::fs::remove_file(&part);
    }
    copied
}

fn summary(report: &audio::Report, args: &MasterArgs) {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    say!("{}", args.output.display());
    say!(
        "  loudness   {:>7} -> {:>7} LUFS  (target {} LUFS, {})",
        figure(report.before.integrated_lufs),
        figure(report.after.integrated_lufs),
        report.target.integrated_lufs,
        report.target.name,
    );
    say!(
        "  true peak  {:>7} -> {:>7} dBTP  (ceiling {} dBTP)",
        figure(report.before.true_peak_dbtp),
        figure(report.after.true_peak_dbtp),
        report.target.ceiling_dbtp,
    );
    for note in &report.notes {
        say!("  note: {} ({})", note.message, note.code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::Sources;

    #[test]
    fn a_stopped_run_waits_for_nothing_and_touches_nothing_of_the_users() {
        let folder = Path::new("/nowhere");
        let config = embedded(Config::load(&Sources::default()).unwrap(), folder);
        assert!(config.queue.drain().is_zero());
        assert_eq!(config.objects_dir().unwrap(), folder.join("objects"));
        assert_eq!(
            config.database_url().expose(),
            "sqlite:/nowhere/maxbooster.db"
        );
    }
}
