//! Redriving: what failed is retried in bulk, in bounded batches, as one act.

use db::{Db, DbError, Document, Time};
use serde::Serialize;
use serde_json::json;

use crate::acts::Target;
use crate::retry::ALLOWANCE;
use crate::store::{self, Moved};
use crate::wake::News;
use crate::{
    ALL_QUEUES, ActId, Actor, Deed, Filter, FlowId, JobId, Queue, QueueError, Retried, Scope, State,
};

/// How many jobs one transaction retries.
const BATCH: u64 = 100;
/// How many of those that were skipped are named.
const NAMED: usize = 100;

/// What became of a redrive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// So many wait again, or are blocked by what they need.
    pub retried: u64,
    /// So many need a job that failed and was not redriven.
    pub needs_failed: u64,
    /// Of so many, another unfinished job has the unique key.
    pub superseded: u64,
    /// So many moved before their turn came: someone else retried them, or a job that they need
    /// was retried and took them with it.
    pub moved: u64,
    /// The first hundred that were skipped.
    pub skipped: Vec<JobId>,
    /// The act, unless nothing was there to redrive.
    pub act: Option<ActId>,
}

impl Redriven {
    fn count(&mut self, id: JobId, retried: Retried) {
        match retried {
            Retried::Done => {
                self.retried += 1;
                return;
            }
            Retried::NeedsFailed => self.needs_failed += 1,
            Retried::Superseded => self.superseded += 1,
            Retried::NotFailed | Retried::NotFound => self.moved += 1,
        }
        if self.skipped.len() < NAMED {
            self.skipped.push(id);
        }
    }
}

/// One redrive on its way.
#[derive(Clone)]
struct Course {
    by: Actor,
    filter: Filter,
    so_far: Redriven,
    now: Time,
}

type Batch = Vec<(JobId, Option<FlowId>)>;

impl Queue {
    /// How many jobs of the scope a redrive by this filter would try to retry now.
    pub async fn redrivable(&self, scope: Scope, filter: &Filter) -> Result<u64, QueueError> {
        let filter = failed(filter)?;
        let mut db = self.pool().get().await?;
        Ok(store::count(&mut db, scope, &filter).await?.unsigned_abs())
    }

    /// Retries every job that the filter names, the oldest first, each as [`Queue::retry`] does
    /// it; at most `limit`. The filter's state is dead, which it is when it says nothing, or
    /// cancelled. Jobs that fail again meanwhile are not retried again.
    ///
    /// It goes in batches of a hundred, each a transaction; should it be interrupted, the act
    /// tells how far it came.
    pub async fn redrive(
        &self,
        by: impl Into<Actor>,
        filter: &Filter,
        limit: Option<u64>,
    ) -> Result<Redriven, QueueError> {
        let now = self.now();
        let mut filter = failed(filter)?;
        // What fails from now on is another's to decide.
        let until = filter.finished.until.unwrap_or(now).min(now);
        filter.finished.until = Some(until);
        let mut course = Course {
            by: by.into(),
            filter,
            so_far: Redriven::default(),
            now,
        };
        let (mut after, mut left) = (None, limit.unwrap_or(u64::MAX));
        while left > 0 {
            let batch = {
                let mut db = self.pool().get().await?;
                let scope = course.by.scope();
                store::redrivable(&mut db, scope, &course.filter, after, left.min(BATCH)).await?
            };
            let Some((last, _)) = batch.last() else { break };
            after = Some(*last);
            left -= u64::try_from(batch.len()).unwrap_or(left);
            course = self.redrive_batch(course, batch).await?;
        }
        Ok(course.so_far)
    }

    async fn redrive_batch(&self, course: Course, batch: Batch) -> Result<Course, QueueError> {
        match self.redrive_at_once(course.clone(), batch.clone()).await {
            Err(QueueError::Db(error)) if error.is_unique("unique_key") => {}
            answered => return answered,
        }
        // A unique key was taken at this very moment: all but that one can be retried.
        let mut course = course;
        for one in batch {
            match self.redrive_at_once(course.clone(), vec![one]).await {
                Err(QueueError::Db(error)) if error.is_unique("unique_key") => {
                    course.so_far.count(one.0, Retried::Superseded);
                }
                answered => course = answered?,
            }
        }
        Ok(course)
    }

    async fn redrive_at_once(&self, course: Course, batch: Batch) -> Result<Course, QueueError> {
        let (course, moved) = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move { Ok(course.on(db, batch).await?) })
            })
            .await?;
        let mut news = News::default();
        for moved in &moved {
            moved.tell(&mut news);
        }
        self.wake().announce(news);
        Ok(course)
    }
}

impl Course {
    /// Retries a batch and tells the act. Runs inside the caller's transaction.
    async fn on(mut self, db: &mut Db, batch: Batch) -> Result<(Self, Vec<Moved>), DbError> {
        let flows: Vec<FlowId> = batch.iter().filter_map(|(_, flow)| *flow).collect();
        store::lock_flows(db, &flows).await?;
        let mut all = Vec::new();
        for (id, _) in batch {
            let retried = match store::retry(db, self.by.scope(), id, ALLOWANCE, self.now).await? {
                Ok(moved) => {
                    let words = format!("redriven by {}", self.by.name());
                    store::note(db, id, words, self.now).await?;
                    all.extend(moved);
                    Retried::Done
                }
                Err(refusal) => refusal,
            };
            self.so_far.count(id, retried);
        }
        let details = json!({
            "filter": self.filter,
            "retried": self.so_far.retried,
            "needs_failed": self.so_far.needs_failed,
            "superseded": self.so_far.superseded,
            "moved": self.so_far.moved,
        });
        if let Some(act) = self.so_far.act {
            store::tell_act(db, act, Document(details)).await?;
        } else {
            let queue = self.filter.queue.as_deref().unwrap_or(ALL_QUEUES);
            let target = Target::Queue(queue);
            let act = self
                .by
                .did(db, Deed::RedriveJobs, target, details, self.now);
            self.so_far.act = Some(act.await?);
        }
        Ok((self, all))
    }
}

/// The filter with a state that can be retried.
fn failed(filter: &Filter) -> Result<Filter, QueueError> {
    filter.check()?;
    match filter.state {
        Some(State::Dead | State::Cancelled) => Ok(filter.clone()),
        None => Ok(Filter {
            state: Some(State::Dead),
            ..filter.clone()
        }),
        Some(state) => Err(QueueError::Invalid {
            message: format!("only dead and cancelled jobs can be redriven, not {state} ones"),
        }),
    }
}
