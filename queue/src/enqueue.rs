//! Enqueuing: a row, and news of it for whoever waits.

use db::{Db, Time};

use crate::wake::News;
use crate::{Enqueued, NewJob, Queue, QueueError, State, store};

/// Inserts `job` in the caller's transaction, and adds to `news` what to tell after the commit.
pub(crate) async fn in_transaction(
    db: &mut Db,
    job: NewJob,
    now: Time,
    news: &mut News,
) -> Result<Enqueued, QueueError> {
    in_state(db, job, None, now, news).await
}

/// The same, in a state other than that of a job which waits for nothing but its time.
pub(crate) async fn in_state(
    db: &mut Db,
    job: NewJob,
    state: Option<State>,
    now: Time,
    news: &mut News,
) -> Result<Enqueued, QueueError> {
    job.check()?;
    let run_at = job.run_at.unwrap_or(now);
    let state = state.unwrap_or(if run_at > now {
        State::Scheduled
    } else {
        State::Waiting
    });
    let queue = job.queue.clone();
    let enqueued = store::insert(db, job, state, run_at, now).await?;
    match state {
        _ if enqueued.existing => {}
        State::Waiting => news.work(queue),
        State::Scheduled => news.due(),
        _ => {}
    }
    Ok(enqueued)
}

impl Queue {
    /// Enqueues one job in a transaction of its own. Once this returns `Ok`, the job survives
    /// the death of everything.
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued, QueueError> {
        self.transaction(move |tx| Box::pin(async move { tx.enqueue(job).await }))
            .await
    }
}
