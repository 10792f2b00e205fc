//! A platform for one piece of work on local files: the same queue, workers and way in as anywhere,
//! in a temporary folder, so that neither a running one nor its data is touched.

pub mod paths;
pub mod wish;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use config::{Config, Secret};
use indicatif::{ProgressBar, ProgressStyle};
use intake::{App, IdempotencyKey, Problem};
use metrics_exporter_prometheus::PrometheusBuilder;
use models::artifacts::Artifact;
use models::{ArtistId, accounts};
use queue::{Job, JobId, Scope, State};
use storage::Key;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::args::WishArgs;
use crate::platform::{Platform, settings};
use crate::{stop, telemetry};

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Such a platform, with one artist.
pub struct Local {
    platform: Platform,
    /// Its way in.
    pub app: App,
    /// Whose everything in it is.
    pub artist: ArtistId,
}

/// Does `work` on a platform that is gone afterwards.
pub async fn run(
    file: Option<&Path>,
    work: impl AsyncFnOnce(&Local) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("maxbooster-").tempdir()?;
    let config = embedded(settings(file)?, folder.path());
    telemetry::log(&config)?;
    db::migrate(config.database_url().expose()).await?;
    let platform = Platform::open(config).await?;
    let stop = stop::on_signal()?;
    let workers = platform.workers(&platform.config.workers.queues).await?;
    let local = Local::of(platform).await?;
    let done = tokio::select! {
        done = work(&local) => done,
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

impl Local {
    async fn of(platform: Platform) -> anyhow::Result<Self> {
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let app = platform.intake(metrics);
        let now = platform.queue.now();
        let create = platform
            .pool
            .tx(move |db| Box::pin(async move { accounts::create(db, "cli", now).await }));
        let artist = create.await?.0.id;
        Ok(Self {
            platform,
            app,
            artist,
        })
    }

    /// Hands a file in as a track, the same way as an upload.
    pub async fn hand_in(&self, path: &Path) -> anyhow::Result<Uuid> {
        let app = &self.app;
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
        let key = IdempotencyKey::none();
        let accepted = intake::accept_track(app, self.artist, key, received, name).await;
        let (track, _) =
            accepted.map_err(|problem| refused(&problem).context(path.display().to_string()))?;
        Ok(track.id)
    }

    /// Hands in the references of a wish.
    pub async fn references(&self, wish: &WishArgs) -> anyhow::Result<Vec<Uuid>> {
        let mut references = Vec::with_capacity(wish.references.len());
        for reference in &wish.references {
            references.push(self.hand_in(&reference.path).await?);
        }
        Ok(references)
    }

    /// Waits until a job is done.
    pub async fn done(&self, job: Uuid) -> anyhow::Result<()> {
        let job = self.follow(JobId(job)).await?;
        match (job.state, job.error) {
            (State::Done, _) => Ok(()),
            (_, Some(error)) => bail!("{} ({})", error.message, error.code),
            (state, None) => bail!("the job is {state}"),
        }
    }

    /// Waits for the job's end, with a bar where standard error is a terminal.
    async fn follow(&self, id: JobId) -> anyhow::Result<Job> {
        const STEPS: f32 = 1000.0;
        let bar = ProgressBar::new(1000);
        bar.set_style(ProgressStyle::with_template(
            "{msg:9} [{bar:40}] {percent:>3} %  {elapsed}",
        )?);
        let queue = &self.platform.queue;
        let mut watch = queue.watch(id);
        loop {
            let job = queue.job(Scope::Operator, id).await?;
            let job = job.context("the job is gone")?;
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

    /// The database.
    pub fn pool(&self) -> &db::Pool {
        &self.platform.pool
    }

    /// Copies a file that a job made to where the caller wants it.
    pub fn collect(&self, file: &Artifact, to: &Path) -> anyhow::Result<()> {
        let object = Key::new(file.object_key.clone())?;
        let bytes: PathBuf = self
            .platform
            .storage
            .local_path(&object)
            .context("the master is not in the local folder")?;
        paths::place(&bytes, to).with_context(|| to.display().to_string())
    }
}

/// A refusal in a line.
pub fn refused(problem: &Problem) -> anyhow::Error {
    anyhow!(
        "{} ({})",
        problem.detail.trim_end_matches('.'),
        problem.code
    )
}

/// A figure as it is printed.
pub fn figure(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.2}"))
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
