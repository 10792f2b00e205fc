//! Measures the queue engine on a database of one's own: how fast jobs are stored, drained and
//! picked up, and what becomes of it under many waiting jobs, many tenants and a held horizon.
//!
//! Each mode answers a [`Figure`], with everything needed to run it again.

mod drain;
mod enqueue;
mod fairness;
mod figure;
mod machine;
mod noop;
mod pickup;
mod stage;
pub mod usage;

use std::time::Duration;

pub use figure::Figure;
pub use machine::machine;

/// What to measure of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Single enqueues, a transaction each.
    EnqueueSingle,
    /// Batches, a statement each.
    EnqueueMany,
    /// Single enqueues that share commits; each caller waits for its own.
    EnqueueCoalesced,
    /// No-op jobs claimed, run and acknowledged; rows kept.
    Drain,
    /// The same beside an old open transaction.
    DrainHeldHorizon,
    /// The same while many more wait.
    DrainBacklog,
    /// The same under a concurrency limit and a rate for each of ten keys.
    DrainLimited,
    /// From the enqueue of a lone job to the start of its body.
    Pickup,
    /// What tenants with one job wait behind another's backlog.
    Fairness,
}

/// How to measure it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `postgres://…` or `sqlite:PATH`; migrated, and without any job.
    pub database_url: String,
    /// `redis://…` for wake-ups; none: the database's own.
    pub redis_url: Option<String>,
    /// How many jobs are measured.
    pub jobs: u64,
    /// How many wait besides, where the mode has a backlog.
    pub backlog: u64,
    /// How many tenants own them, where the mode has tenants.
    pub tenants: u64,
    /// Concurrent callers of the enqueue modes.
    pub callers: usize,
    /// Jobs of one batch of [`Mode::EnqueueMany`].
    pub batch: usize,
    /// Bodies at once in the drains.
    pub concurrency: usize,
    /// Connections of the pool.
    pub connections: usize,
    /// Between two lone jobs of [`Mode::Pickup`].
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database_url: String::new(),
            redis_url: None,
            jobs: 100_000,
            backlog: 1_000_000,
            tenants: 10_000,
            callers: 32,
            batch: 1000,
            concurrency: 4000,
            connections: 8,
            pause: Duration::from_millis(5),
        }
    }
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The database has jobs: measuring would disturb them, and they the figures.
    #[error("the database holds jobs; measure on one of its own")]
    NotEmpty,
    /// A setting cannot be measured with.
    #[error("{0}")]
    Setting(&'static str),
    /// The engine failed.
    #[error(transparent)]
    Queue(#[from] queue::QueueError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::DbError),
}

/// Measures one mode and removes nothing: the database is left for whoever wants to look.
pub async fn run(mode: Mode, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    if settings.jobs == 0 || settings.callers == 0 || settings.batch == 0 {
        return Err(BenchError::Setting(
            "jobs, callers and batch must be at least 1",
        ));
    }
    let stage = stage::Stage::open(settings).await?;
    match mode {
        Mode::EnqueueSingle => enqueue::single(&stage, settings).await,
        Mode::EnqueueMany => enqueue::many(&stage, settings).await,
        Mode::EnqueueCoalesced => enqueue::coalesced(&stage, settings).await,
        Mode::Drain => drain::free(&stage, settings).await,
        Mode::DrainHeldHorizon => drain::held_horizon(&stage, settings).await,
        Mode::DrainBacklog => drain::backlog(&stage, settings).await,
        Mode::DrainLimited => drain::limited(&stage, settings).await,
        Mode::Pickup => pickup::run(&stage, settings).await,
        Mode::Fairness => fairness::run(&stage, settings).await,
    }
}
