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
    /// A job that waits for nothing but its time.
    pub(crate) fn of(job: NewJob, now: Time) -> Result<Self, QueueError> {
        let state = State::until(job.run_at.unwrap_or(now), now);
        Self::in_state(job, state, now)
    }

    pub(crate) fn in_state(job: NewJob, state: State, now: Time) -> Result<Self, QueueError> {
        job.check()?;
        let run_at = job.run_at.unwrap_or(now);
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
            state: self.state,
            head: Head {
                lane: self.job.lane(),
                run_at: self.run_at,
            },
            queue: self.job.queue.clone(),
        }
    }
}

/// Where a new job waits.
pub(crate) struct Told {
    queue: String,
    state: State,
    head: Head,
}

impl Told {
    pub(crate) fn tell(self, enqueued: Enqueued, news: &mut News) {
        match self.state {
            _ if enqueued.existing => {}
            State::Waiting => news.work(self.queue, self.head),
            State::Scheduled => news.due(),
            _ => {}
        }
    }
}
