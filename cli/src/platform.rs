//! The parts that every role stands on, opened from the settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use config::{Config, Sources};
use db::{Pool, PoolOptions};
use intake::Desks;
use ml::registry::CacheLimits;
use queue::{Duty, Queue, Retention};
use storage::{Options as StorageOptions, Place, S3Options, Storage};
use workers::{ErasingDesk, InsightDesk};

/// Database, queue and object storage.
#[derive(Clone)]
pub struct Platform {
    /// The settings in force.
    pub config: Config,
    /// The database.
    pub pool: Pool,
    /// The queue in it.
    pub queue: Queue,
    /// Object storage.
    pub storage: Storage,
    /// Models at hand.
    pub insight: InsightDesk,
}

/// Reads the settings from their usual places.
pub fn settings(file: Option<&Path>) -> anyhow::Result<Config> {
    Ok(Config::load(&Sources::of_process(
        file.map(Path::to_owned),
    ))?)
}

/// Connects to the database.
pub async fn database(config: &Config) -> anyhow::Result<Pool> {
    let options = PoolOptions {
        max_connections: usize::try_from(config.database.max_connections)?,
        ..PoolOptions::default()
    };
    Pool::connect(config.database_url().expose(), options)
        .await
        .context("the database can't be opened")
}

/// Opens the queue in a database. `duties` are the platform's own, should this process lead.
pub async fn queue(config: &Config, pool: Pool, duties: Vec<Duty>) -> anyhow::Result<Queue> {
    let retention = Retention {
        done: config.queue.keep_done(),
        cancelled: config.queue.keep_cancelled(),
        dead: config.queue.keep_dead(),
    };
    let options = queue::Options {
        lease: config.queue.lease(),
        beat: config.queue.beat(),
        poll: config.queue.poll(),
        redis_url: config.redis.address().map(|url| url.expose().to_owned()),
        retention,
        duties,
        ..queue::Options::default()
    };
    Queue::start(pool, options)
        .await
        .context("the queue can't be opened")
}

impl Platform {
    /// Opens everything. The database must have this program's schema already.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data.dir).with_context(|| {
            format!(
                "the data folder {} can't be made",
                config.data.dir.display()
            )
        })?;
        let storage = Storage::open(&StorageOptions {
            place: place(&config),
            spool_dir: config.data.dir.join("tmp"),
        })
        .context("object storage can't be opened")?;
        let pool = database(&config).await?;
        let duties = vec![
            workers::orphaned_uploads(pool.clone(), storage.clone()),
            workers::unfinished_erasings(pool.clone(), storage.clone()),
        ];
        let queue = queue(&config, pool.clone(), duties).await?;
        let insight = InsightDesk::open(
            pool.clone(),
            queue.clone(),
            storage.clone(),
            config.ml.native_library(),
            CacheLimits {
                bytes: config.ml.cache_bytes(),
                tenant_bytes: config.ml.artist_cache_bytes(),
            },
        )
        .context("the runtime of models can't be opened")?;
        Ok(Self {
            config,
            pool,
            queue,
            storage,
            insight,
        })
    }

    /// Where artists are erased.
    pub fn eraser(&self) -> ErasingDesk {
        ErasingDesk::new(
            self.pool.clone(),
            self.queue.clone(),
            self.storage.clone(),
            self.insight.clone(),
        )
    }

    /// What job bodies use.
    fn environment(&self) -> workers::Environment {
        let limits = audio::Limits {
            max_duration_seconds: f64::from(self.config.limits.max_duration_seconds),
            ..audio::Limits::default()
        };
        workers::Environment {
            pool: self.pool.clone(),
            queue: self.queue.clone(),
            storage: self.storage.clone(),
            insight: self.insight.clone(),
            refresh_spread: self.config.analytics.refresh_spread(),
            audio_limits: limits,
        }
    }

    /// Puts the platform's schedules, and starts workers for `queues`, with the slots of each. When
    /// they are stopped, running jobs may take as long to end as the settings say.
    pub async fn workers(
        &self,
        queues: &BTreeMap<String, u32>,
    ) -> Result<workers::Pool, workers::StartError> {
        workers::schedules::put(&self.queue, self.config.analytics.refresh_hour).await?;
        workers::start(self.environment(), queues, self.config.queue.drain()).await
    }

    /// What the intake's endpoints use.
    pub fn intake(&self, metrics: metrics_exporter_prometheus::PrometheusHandle) -> intake::App {
        intake::App::new(
            self.pool.clone(),
            self.queue.clone(),
            self.storage.clone(),
            self.config.mastering_targets().clone(),
            Desks {
                studio: Arc::new(workers::Desk),
                insight: Arc::new(self.insight.clone()),
                eraser: Arc::new(self.eraser()),
            },
            self.config.limits.clone(),
            metrics,
        )
    }
}

fn place(config: &Config) -> Place {
    if let Some(folder) = config.objects_dir() {
        return Place::Local(folder);
    }
    let storage = &config.storage;
    Place::S3(S3Options {
        url: storage.url.clone(),
        endpoint: (!storage.endpoint.is_empty()).then(|| storage.endpoint.clone()),
        region: storage.region.clone(),
        access_key_id: storage.access_key_id.clone(),
        secret_access_key: storage.secret_access_key.expose().to_owned(),
        allow_http: storage.allow_http,
    })
}
