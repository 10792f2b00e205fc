//! Claiming: jobs become ours, each under a new fence, and the attempt counts from here.

mod closed;
mod gated;
mod ring;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use db::Time;
use tracing::Span;

use crate::fence::Fence;
use crate::held::{Stop, StopReason};
use crate::lane::Head;
use crate::store::Row;
use crate::wake::News;
use crate::worker::Shared;
use crate::{Backoff, Context, Job, QueueError, WorkerHandle, WorkerId};

pub(crate) use gated::Frees;
pub(crate) use ring::Take;
pub(crate) use turns::Turns;

/// A job this process holds. Finish it with [`WorkerHandle::finish`] or give it back; when it is
/// dropped instead, its body is told that the lease is lost, and the next beat gives it back.
pub struct Claimed {
    job: Arc<Job>,
    span: Span,
    fence: Fence,
    worker_id: WorkerId,
    timeout: Duration,
    backoff: Backoff,
    head: Head,
    frees: Frees,
    shared: Arc<Shared>,
}

impl WorkerHandle {
    /// Claims up to `limit` waiting jobs of `queue`: the most urgent first, and tenants in turn.
    /// Fewer than `limit` does not say that no more wait; none does. A closed worker, or one
    /// whose lease lapsed, claims nothing.
    pub async fn claim(&self, queue: &str, limit: usize) -> Result<Vec<Claimed>, QueueError> {
        let shared = self.shared();
        let turns = shared.turns(queue);
        let _on_its_way = shared.claims.read().await;
        // Asked last: whoever closes the worker then waits for the claims that are on their way.
        if limit == 0 || shared.closing.is_cancelled() {
            return Ok(Vec::new());
        }
        let engine = &shared.queue;
        let (worker_id, now) = (shared.id(), engine.now());
        // Should the answer be lost on its way, or this future be dropped, the jobs are ours and
        // we do not know it: the next beat looks.
        let doubt = Doubt(shared);
        let rows = turns::claim(&turns, shared, worker_id, limit).await?;
        std::mem::forget(doubt);
        if !rows.is_empty() {
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            metrics::counter!("queue_jobs_claimed_total", "queue" => queue.to_owned())
                .increment(count);
            let mut news = News::default();
            for (row, _) in &rows {
                news.job(row.id);
            }
            engine.wake().announce(news);
        }
        let waits = metrics::histogram!("queue_job_wait_seconds", "queue" => queue.to_owned());
        let claimed = rows.into_iter().map(|(row, frees)| {
            waits.record(now.since(row.run_at).as_secs_f64());
            Claimed::of(row, frees, worker_id, Arc::clone(shared))
        });
        Ok(claimed.collect())
    }
}

impl WorkerHandle {
    /// When lanes of `queue` that limits closed may open without news of it.
    pub(crate) async fn opens_at(&self, queue: &str) -> Option<Time> {
        let turns = self.shared().turns(queue);
        let turns = turns.lock().await;
        turns.opens_at()
    }
}

/// Asks for a comparison with the table when it is dropped.
struct Doubt<'a>(&'a Shared);

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        self.0.suspect();
    }
}

impl Claimed {
    fn of(row: Row, frees: Frees, worker_id: WorkerId, shared: Arc<Shared>) -> Self {
        let (timeout, backoff, head) = (row.timeout(), row.backoff(), row.head());
        let (id, token) = (row.id, row.fence);
        let job = row.into_job();
        Self {
            span: job.span(),
            fence: Fence {
                queue: shared.queue.clone(),
                worker: Arc::clone(&shared),
                id,
                token,
                stop: shared.held.insert(id, token),
                log: Arc::default(),
            },
            worker_id,
            timeout,
            backoff,
            head,
            frees,
            job: Arc::new(job),
            shared,
        }
    }

    /// The job as it was claimed.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The span of what is done for it.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The fencing token under which it is held.
    pub fn fence(&self) -> i64 {
        self.fence.token
    }

    /// What its body is given.
    pub fn context(&self) -> Context {
        Context::new(Arc::clone(&self.job), self.fence.clone())
    }

    pub(crate) fn worker_id(&self) -> WorkerId {
        self.worker_id
    }

    /// The lane it came from.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The limits that have room again when it ends.
    pub(crate) fn frees(&self) -> Frees {
        self.frees
    }

    /// What it is held by.
    pub(crate) fn held_by(&self) -> &Fence {
        &self.fence
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn stop(&self) -> &Arc<Stop> {
        &self.fence.stop
    }

    /// When the next attempt starts by the row's policy.
    pub(crate) fn next_attempt(&self, seed: u64, now: Time) -> Time {
        self.backoff
            .next(seed, self.job.id.uuid(), self.job.attempt, now)
    }

    /// The table knows how this attempt ended, or that it is not ours.
    pub(crate) fn settle(&self) {
        self.shared.held.remove(self.fence.id, self.fence.token);
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if self.shared.held.remove(self.fence.id, self.fence.token) {
            self.fence.stop.fire(StopReason::LeaseLost);
            self.shared.suspect();
        }
    }
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claimed")
            .field("id", &self.fence.id)
            .field("fence", &self.fence.token)
            .finish_non_exhaustive()
    }
}
