//! `master`: masters a local file through the platform's own queue and workers.

mod paths;
mod wish;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use config::{Config, Secret};
use indicatif::{ProgressBar, ProgressStyle};
use intake::{App, IdempotencyKey, Master, Problem, Track};
use metrics_exporter_prometheus::PrometheusBuilder;
use models::masters::{self, Purpose};
use models::{ArtistId, MasterId, accounts};
use queue::{Job, JobId, Scope, State};
use storage::Key;
use tokio::io::AsyncReadExt;

use crate::args::MasterArgs;
use crate::platform::{Platform, settings};
use crate::{stop, telemetry};

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Masters `args.input` into every output. The platform lives in a temporary folder meanwhile,
/// so that neither a running one nor its data is touched.
pub async fn run(file: Option<&Path>, args: Box<MasterArgs>) -> anyhow::Result<ExitCode> {
    paths::check(&args)?;
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
    let mut references = Vec::with_capacity(args.references.len());
    for reference in &args.references {
        references.push(hand_in(&app, artist, &reference.path).await?.id);
    }
    let request = wish::request(args, track.id, &references)?;
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
    let result = masters::find(&mut db, artist, Purpose::Master, MasterId(asked.id))
        .await?
        .and_then(|found| found.master.result)
        .context("the job is done and left no master")?;
    drop(db);
    for (file, output) in result.files.iter().zip(&args.outputs) {
        let object = Key::new(file.object_key.clone())?;
        let bytes = platform
            .storage
            .local_path(&object)
            .context("the master is not in the local folder")?;
        paths::place(&bytes, &output.path).with_context(|| output.path.display().to_string())?;
    }
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

fn summary(report: &audio::Report, args: &MasterArgs) {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    for output in &args.outputs {
        say!("{}", output.path.display());
    }
    say!(
        "  loudness   {:>7} -> {:>7} LUFS  (target {} LUFS, {})",
        figure(report.before.integrated_lufs),
        figure(report.after.integrated_lufs),
        figure(Some(report.target.integrated_lufs)),
        report.target.name,
    );
    say!(
        "  true peak  {:>7} -> {:>7} dBTP  (ceiling {} dBTP)",
        figure(report.before.true_peak_dbtp),
        figure(report.after.true_peak_dbtp),
        report.target.ceiling_dbtp,
    );
    if let Some(preset) = &report.preset {
        say!("  preset     {}", preset.title);
    }
    for choice in &report.choices {
        say!(
            "  chose      {}: {}. {}",
            choice.about,
            choice.choice,
            choice.reason
        );
    }
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
