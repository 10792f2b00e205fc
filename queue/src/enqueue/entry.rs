//! A job as it is about to be stored, and what is told of it.

use db::Time;

use crate::lane::Head;
use crate::wake::News;
use crate::{Enqueued, NewJob, QueueError, State};

/// A checked job with the state in which it begins.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) job: NewJob,
    pub(crate) state: State,
    pub(crate) run_at: Time,
    pub(crate) now: Time,
}

impl Entry {
    pub(crate) fn of(job: NewJob, now: Time) -> Result<Self, QueueError> {
        job.check()?;
        let run_at = job.run_at.unwrap_or(now);
        let state = if run_at > now {
            State::Scheduled
        } else {
            State::Waiting
        };
        Ok(Self {
            job,
            state,
            run_at,
            now,
        })
    }

    /// Whether another job may stand in its way.
    pub(crate) fn is_keyed(&self) -> bool {
        self.job.unique.is_some()
    }

    /// What to tell once it is stored.
    pub(crate) fn told(&self) -> Told {
        Told {
            waiting: (self.state == State::Waiting).then(|| Head {
                lane: self.job.lane(),
                run_at: self.run_at,
            }),
            queue: self.job.queue.clone(),
        }
    }
}

/// Where a new job waits.
pub(crate) struct Told {
    queue: String,
    /// None: it is not due yet.
    waiting: Option<Head>,
}

impl Told {
    pub(crate) fn tell(self, enqueued: Enqueued, news: &mut News) {
        match self.waiting {
            _ if enqueued.existing => {}
            Some(head) => news.work(self.queue, head),
            None => news.due(),
        }
    }
}
