//! One database and the engines on it.

use std::sync::Arc;
use std::time::Duration;

use db::{Pool, PoolOptions, Time};
use queue::{
    Actor, Backoff, Claimed, Contract, Enqueued, Job, JobId, ManualClock, NewJob, Options, Queue,
    Scope, WorkerHandle,
};
use serde::{Deserialize, Serialize};

/// An event that has not come after this never will.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A small job: two attempts of a minute, back-off from 10 s to a minute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ping {
    pub number: u32,
}

impl Contract for Ping {
    const KIND: &'static str = "ping_peer";
    const QUEUE: &'static str = "pings";
    const MAX_ATTEMPTS: i32 = 2;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff = Backoff::exponential(Duration::from_secs(10), Duration::from_mins(1));
    type Output = u32;
}

pub fn ping(number: u32) -> NewJob {
    NewJob::of(&Ping { number }).unwrap()
}

/// A database with the schema, and its folder when it is a file.
pub struct Arena {
    pub url: String,
    pub pool: Pool,
    _folder: Option<tempfile::TempDir>,
}

impl Arena {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("queue.db").display());
        db::migrate(&url).await.unwrap();
        Self::on(url, Some(folder)).await
    }

    pub async fn postgres() -> Self {
        Self::on(support::postgres::database().await, None).await
    }

    async fn on(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let pool = open(&url).await;
        Self {
            url,
            pool,
            _folder: folder,
        }
    }

    /// An engine that never polls on its own: what moves, moves by wake-ups.
    pub async fn queue(&self) -> Queue {
        Queue::start(self.pool.clone(), options()).await.unwrap()
    }

    /// An engine of another process: with connections of its own.
    pub async fn elsewhere(&self) -> Queue {
        Queue::start(open(&self.url).await, options())
            .await
            .unwrap()
    }

    /// An engine whose clock stands.
    pub async fn queue_at(&self, clock: &ManualClock) -> Queue {
        Queue::start(self.pool.clone(), options_at(clock))
            .await
            .unwrap()
    }

    /// An engine of another process, whose clock stands.
    pub async fn elsewhere_at(&self, clock: &ManualClock) -> Queue {
        Queue::start(open(&self.url).await, options_at(clock))
            .await
            .unwrap()
    }
}

async fn open(url: &str) -> Pool {
    Pool::connect(url, PoolOptions::default()).await.unwrap()
}

pub fn options() -> Options {
    Options {
        lease: Duration::from_secs(6),
        beat: Duration::from_secs(1),
        poll: Duration::from_hours(1),
        seed: 7,
        ..Options::default()
    }
}

fn options_at(clock: &ManualClock) -> Options {
    Options {
        clock: Some(Arc::new(clock.clone())),
        ..options()
    }
}

pub fn noon() -> ManualClock {
    ManualClock::at("2026-11-23T12:00:00Z".parse::<Time>().unwrap())
}

/// A person at the desk.
pub fn nina() -> Actor {
    Actor::operator("nina")
}

pub async fn worker(queue: &Queue) -> WorkerHandle {
    queue.register("test", [Ping::QUEUE]).await.unwrap()
}

pub async fn enqueue(queue: &Queue, number: u32) -> JobId {
    let Enqueued { id, existing } = queue.enqueue(ping(number)).await.unwrap();
    assert!(!existing);
    id
}

/// Claims exactly one job, once the lease holds: a clock that jumped has passed it by a beat.
pub async fn claim_one(worker: &WorkerHandle) -> Claimed {
    soon(|| worker.lease_until() > worker.queue().now()).await;
    let mut claimed = worker.claim(Ping::QUEUE, 1).await.unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

pub async fn job(queue: &Queue, id: JobId) -> Job {
    queue.job(Scope::Operator, id).await.unwrap().unwrap()
}

/// Waits until the job is as `wanted`, by watching it.
pub async fn until(queue: &Queue, id: JobId, wanted: impl Fn(&Job) -> bool) -> Job {
    let mut watch = queue.watch(id);
    let looking = async {
        loop {
            let job = job(queue, id).await;
            if wanted(&job) {
                return job;
            }
            watch.changed().await;
        }
    };
    if let Ok(job) = tokio::time::timeout(PATIENCE, looking).await {
        return job;
    }
    panic!("never as wanted: {:?}", job(queue, id).await)
}

/// Waits until something that tells nobody of its changes is as wanted.
pub async fn soon(wanted: impl Fn() -> bool) {
    let looking = async {
        while !wanted() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap();
}
