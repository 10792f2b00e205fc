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

use std::time::Duration;

pub use figure::Figure;
pub use machine::machine;

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Single enqueues, each in a transaction of its own.
    EnqueueSingle,
    /// Batches in one statement each.
    EnqueueMany,
    /// Single enqueues whose commits are shared; each caller waits for its own.
    EnqueueCoalesced,
    /// No-op jobs, claimed, run and acknowledged; their rows are kept.
    Drain,
    /// The same beside a transaction that holds back the database's horizon.
    DrainHeldHorizon,
    /// The same out of a queue in which many more wait.
    DrainBacklog,
    /// From the enqueue of a lone job to the start of its body.
    Pickup,
    /// The wait of one tenant's single job behind another tenant's backlog, and of many tenants.
    Fairness,
}

impl Mode {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::EnqueueSingle,
        Self::EnqueueMany,
        Self::EnqueueCoalesced,
        Self::Drain,
        Self::DrainHeldHorizon,
        Self::DrainBacklog,
        Self::Pickup,
        Self::Fairness,
    ];

    /// Its word on the command line and in figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EnqueueSingle => "enqueue-single",
            Self::EnqueueMany => "enqueue-many",
            Self::EnqueueCoalesced => "enqueue-coalesced",
            Self::Drain => "drain",
            Self::DrainHeldHorizon => "drain-held-horizon",
            Self::DrainBacklog => "drain-backlog",
            Self::Pickup => "pickup",
            Self::Fairness => "fairness",
        }
    }
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
            concurrency: 1000,
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
        Mode::Pickup => pickup::run(&stage, settings).await,
        Mode::Fairness => fairness::run(&stage, settings).await,
    }
}
