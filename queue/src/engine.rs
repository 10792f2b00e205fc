//! The engine's handle and its settings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use db::{Kind, Pool, Time};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::enqueue::GroupCommit;
use crate::wake::{Wake, transport};
use crate::{Clock, Duty, QueueError, Retention, SystemClock, store};

/// How often the clock is compared with the database's.
const CLOCK_CHECK: Duration = Duration::from_mins(5);

/// How the engine behaves in this process.
#[derive(Clone)]
pub struct Options {
    /// How long a worker may be silent before its jobs are taken back. At least three beats.
    pub lease: Duration,
    /// How often a worker renews its lease.
    pub beat: Duration,
    /// How often a worker that heard nothing looks for work anyway.
    pub poll: Duration,
    /// Where processes tell each other of work, beside the database's own means. Losing it costs
    /// latency, never work.
    pub redis_url: Option<String>,
    /// The clock; none: the machine's, which on PostgreSQL follows the server's.
    pub clock: Option<Arc<dyn Clock>>,
    /// The seed of all jitter.
    pub seed: u64,
    /// How long finished jobs are kept.
    pub retention: Retention,
    /// What the keeper does for the program around the engine, beside its own.
    pub duties: Vec<Duty>,
}

impl Default for Options {
    fn default() -> Self {
        let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
        Self {
            lease: Duration::from_secs(15),
            beat: Duration::from_secs(3),
            poll: Duration::from_secs(15),
            redis_url: None,
            clock: None,
            seed: high ^ low,
            retention: Retention::default(),
            duties: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("lease", &self.lease)
            .field("beat", &self.beat)
            .field("poll", &self.poll)
            .field("redis", &self.redis_url.is_some())
            .field("seed", &self.seed)
            .field("retention", &self.retention)
            .field("duties", &self.duties)
            .finish_non_exhaustive()
    }
}

/// The engine. Cloning it is cheap.
#[derive(Clone)]
pub struct Queue {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    options: Options,
    clock: Arc<dyn Clock>,
    wake: Wake,
    commits: GroupCommit,
    /// Ends the background tasks with the last handle.
    _tasks: DropGuard,
}

impl Queue {
    /// Starts the engine on a migrated database. It must be called within a tokio runtime.
    pub async fn start(pool: Pool, options: Options) -> Result<Self, QueueError> {
        if options.beat.is_zero() || options.lease < options.beat * 3 {
            return Err(QueueError::Invalid {
                message: "the lease must be at least three beats, and a beat longer than nothing"
                    .into(),
            });
        }
        let stop = CancellationToken::new();
        let clock = match &options.clock {
            Some(clock) => Arc::clone(clock),
            None => machine_clock(&pool, &stop).await?,
        };
        let wake = transport::start(&pool, options.redis_url.as_deref(), &stop)?;
        let commits = GroupCommit::start(&pool, &wake, &stop);
        Ok(Self {
            inner: Arc::new(Inner {
                pool,
                options,
                clock,
                wake,
                commits,
                _tasks: stop.drop_guard(),
            }),
        })
    }

    /// The time by the engine's clock.
    pub fn now(&self) -> Time {
        self.inner.clock.now()
    }

    /// The database the engine runs on.
    pub fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    pub(crate) fn wake(&self) -> &Wake {
        &self.inner.wake
    }

    pub(crate) fn commits(&self) -> &GroupCommit {
        &self.inner.commits
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}

/// The machine's clock; on PostgreSQL it follows the server's, so that hosts agree on leases.
async fn machine_clock(
    pool: &Pool,
    stop: &CancellationToken,
) -> Result<Arc<dyn Clock>, QueueError> {
    if pool.kind() == Kind::Sqlite {
        return Ok(Arc::new(SystemClock::new()));
    }
    // A first answer that came too slowly is made up for by the next.
    let clock = match ask(pool).await? {
        Some((ours, theirs)) => Arc::new(SystemClock::anchored(ours, theirs)),
        None => Arc::new(SystemClock::new()),
    };
    let (pool, follower, stop) = (pool.clone(), Arc::clone(&clock), stop.clone());
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        loop {
            tokio::time::sleep(CLOCK_CHECK).await;
            if let Ok(Some((ours, theirs))) = ask(&pool).await {
                follower.follow(ours, theirs);
            }
        }
    }));
    Ok(clock)
}

async fn ask(pool: &Pool) -> Result<Option<(Instant, Time)>, QueueError> {
    let mut db = pool.get().await?;
    Ok(store::postgres::database_time(&mut db).await?)
}
