//! The caller's transaction, in which its own rows and its jobs are written together.

use db::{Db, DbError, Time};
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::enqueue::{self, Entry};
use crate::schedules::put;
use crate::wake::News;
use crate::{
    Enqueued, EnqueuedFlow, Flow, NewJob, NewSchedule, Queue, QueueError, Schedule, Scope, flow,
    store,
};

/// An open transaction. What it enqueues exists if and only if it commits.
pub struct Tx<'a> {
    db: &'a mut Db,
    queue: Queue,
    news: News,
}

impl Tx<'_> {
    /// The connection, for the caller's own rows.
    pub fn db(&mut self) -> &mut Db {
        self.db
    }

    pub(crate) fn now(&self) -> Time {
        self.queue.now()
    }

    /// Creates or changes a schedule in this transaction, as [`Queue::put_schedule`] does.
    pub async fn put_schedule(
        &mut self,
        scope: Scope,
        new: NewSchedule,
    ) -> Result<Schedule, QueueError> {
        let schedule = put::in_transaction(self.db, scope, new, self.queue.now()).await?;
        self.news.due();
        Ok(schedule)
    }

    /// How many unfinished jobs of a tenant do not run yet, as this transaction sees them.
    pub async fn waiting_of(&mut self, tenant: Uuid) -> Result<u64, QueueError> {
        let count = store::waiting_of(self.db, tenant).await?;
        Ok(count.unsigned_abs())
    }

    /// Enqueues a job in this transaction.
    pub async fn enqueue(&mut self, job: NewJob) -> Result<Enqueued, QueueError> {
        let entry = Entry::of(job, self.queue.now())?;
        let told = entry.told();
        let enqueued = store::insert(self.db, entry).await?;
        told.tell(enqueued, &mut self.news);
        Ok(enqueued)
    }

    /// Enqueues many jobs in this transaction, and answers for each in order.
    pub async fn enqueue_many(
        &mut self,
        jobs: impl IntoIterator<Item = NewJob>,
    ) -> Result<Vec<Enqueued>, QueueError> {
        let now = self.queue.now();
        let entries: Result<Vec<_>, _> = jobs.into_iter().map(|job| Entry::of(job, now)).collect();
        enqueue::all(self.db, entries?, &mut self.news).await
    }

    /// Enqueues a flow in this transaction: all its jobs or none. Those that need others begin
    /// blocked. Its jobs belong to one tenant and have no unique keys.
    pub async fn enqueue_flow(&mut self, flow: Flow) -> Result<EnqueuedFlow, QueueError> {
        let now = self.queue.now();
        flow::in_transaction(self.db, flow, now, &mut self.news).await
    }
}

impl Queue {
    /// Runs `body` in one transaction and commits when it returns `Ok`. Workers are woken once,
    /// after the commit.
    pub async fn transaction<R, E, F>(&self, body: F) -> Result<R, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<R, E>> + Send + 'static,
        E: From<QueueError> + From<DbError> + Send + 'static,
        R: Send + 'static,
    {
        let queue = self.clone();
        let (result, news) = self
            .pool()
            .tx(move |db| {
                Box::pin(async move {
                    let mut tx = Tx {
                        db,
                        queue,
                        news: News::default(),
                    };
                    let result = body(&mut tx).await?;
                    Ok::<_, E>((result, tx.news))
                })
            })
            .await?;
        self.wake().announce(news);
        Ok(result)
    }
}
