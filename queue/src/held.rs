//! What this process runs, and how each body is told to stop.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::JobId;

/// Why a body shall stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// Someone cancelled the job, for this reason.
    Cancelled(String),
    /// The lease is gone: whatever the body still writes is refused.
    LeaseLost,
    /// The attempt took longer than its contract allows.
    TimedOut,
    /// The process stops; the job goes on elsewhere, from its checkpoint.
    Draining,
}

/// The signal to one body. The first reason stays.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    token: CancellationToken,
    reason: OnceLock<StopReason>,
}

impl Stop {
    pub(crate) fn fire(&self, reason: StopReason) {
        if self.reason.set(reason).is_ok() {
            self.token.cancel();
        }
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    pub(crate) fn reason(&self) -> Option<&StopReason> {
        self.reason.get()
    }
}

/// The jobs this process holds, with their fences.
#[derive(Debug, Default)]
pub(crate) struct HeldJobs {
    jobs: Mutex<HashMap<JobId, (i64, Arc<Stop>)>>,
    count: watch::Sender<usize>,
}

impl HeldJobs {
    pub(crate) fn insert(&self, id: JobId, fence: i64) -> Arc<Stop> {
        let stop = Arc::new(Stop::default());
        let count = {
            let mut jobs = self.open();
            jobs.insert(id, (fence, Arc::clone(&stop)));
            jobs.len()
        };
        self.count.send_replace(count);
        stop
    }

    /// Forgets a job, unless it was claimed anew under another fence.
    pub(crate) fn remove(&self, id: JobId, fence: i64) {
        let count = {
            let mut jobs = self.open();
            if jobs.get(&id).is_some_and(|(held, _)| *held == fence) {
                jobs.remove(&id);
            }
            jobs.len()
        };
        self.count.send_replace(count);
    }

    pub(crate) fn holds(&self, id: JobId, fence: i64) -> bool {
        self.open().get(&id).is_some_and(|(held, _)| *held == fence)
    }

    /// Tells one body to stop.
    pub(crate) fn stop(&self, id: JobId, fence: i64, reason: StopReason) {
        let found = self.open().get(&id).cloned();
        if let Some((held, stop)) = found
            && held == fence
        {
            stop.fire(reason);
        }
    }

    /// Tells every body to stop.
    pub(crate) fn stop_all(&self, reason: &StopReason) {
        let all: Vec<_> = self
            .open()
            .values()
            .map(|(_, stop)| Arc::clone(stop))
            .collect();
        for stop in all {
            stop.fire(reason.clone());
        }
    }

    /// How many are held, and when that changes.
    pub(crate) fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<JobId, (i64, Arc<Stop>)>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
