//! What this process runs, and how each body is told to stop.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

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

/// What is held, each job by its fencing token.
type Jobs = HashMap<(JobId, i64), Arc<Stop>>;

/// The jobs this process holds.
#[derive(Debug, Default)]
pub(crate) struct HeldJobs {
    jobs: watch::Sender<Jobs>,
}

impl HeldJobs {
    pub(crate) fn insert(&self, id: JobId, fence: i64) -> Arc<Stop> {
        let stop = Arc::new(Stop::default());
        self.jobs.send_modify(|jobs| {
            jobs.insert((id, fence), Arc::clone(&stop));
        });
        stop
    }

    /// Answers whether it was held until now.
    pub(crate) fn remove(&self, id: JobId, fence: i64) -> bool {
        self.jobs
            .send_if_modified(|jobs| jobs.remove(&(id, fence)).is_some())
    }

    pub(crate) fn holds(&self, id: JobId, fence: i64) -> bool {
        self.jobs.borrow().contains_key(&(id, fence))
    }

    /// How many are held.
    pub(crate) fn count(&self) -> usize {
        self.jobs.borrow().len()
    }

    /// Resolves when something is held.
    pub(crate) async fn any(&self) {
        self.wait_for(|jobs| !jobs.is_empty()).await;
    }

    /// Resolves when nothing is held.
    pub(crate) async fn none(&self) {
        self.wait_for(Jobs::is_empty).await;
    }

    async fn wait_for(&self, wanted: impl Fn(&Jobs) -> bool) {
        // Fails only when the sender is gone, and that is borrowed here.
        let _ = self.jobs.subscribe().wait_for(|jobs| wanted(jobs)).await;
    }

    /// Tells one body to stop.
    pub(crate) fn stop(&self, id: JobId, fence: i64, reason: StopReason) {
        let held = self.jobs.borrow().get(&(id, fence)).cloned();
        if let Some(stop) = held {
            stop.fire(reason);
        }
    }

    /// Tells every body to stop.
    pub(crate) fn stop_all(&self, reason: &StopReason) {
        let all: Vec<_> = self.jobs.borrow().values().cloned().collect();
        for stop in all {
            stop.fire(reason.clone());
        }
    }
}
