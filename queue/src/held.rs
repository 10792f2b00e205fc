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

/// What is held, each job by its fencing token.
type Jobs = HashMap<(JobId, i64), Arc<Stop>>;

/// The jobs this process holds.
#[derive(Debug, Default)]
pub(crate) struct HeldJobs {
    jobs: Mutex<Jobs>,
    /// Whether anything is held. Nobody is told of more than that.
    any: watch::Sender<bool>,
}

impl HeldJobs {
    pub(crate) fn insert(&self, id: JobId, fence: i64) -> Arc<Stop> {
        let stop = Arc::new(Stop::default());
        let mut jobs = self.jobs();
        jobs.insert((id, fence), Arc::clone(&stop));
        self.tell(&jobs);
        stop
    }

    /// Answers whether it was held until now.
    pub(crate) fn remove(&self, id: JobId, fence: i64) -> bool {
        let mut jobs = self.jobs();
        let held = jobs.remove(&(id, fence)).is_some();
        self.tell(&jobs);
        held
    }

    pub(crate) fn holds(&self, id: JobId, fence: i64) -> bool {
        self.jobs().contains_key(&(id, fence))
    }

    /// How many are held.
    pub(crate) fn count(&self) -> usize {
        self.jobs().len()
    }

    /// Resolves when something is held.
    pub(crate) async fn any(&self) {
        self.wait_for(true).await;
    }

    /// Resolves when nothing is held.
    pub(crate) async fn none(&self) {
        self.wait_for(false).await;
    }

    async fn wait_for(&self, wanted: bool) {
        // Fails only when the sender is gone, and that is borrowed here.
        let _ = self.any.subscribe().wait_for(|any| *any == wanted).await;
    }

    /// Called with the jobs locked, so that what is told is true.
    fn tell(&self, jobs: &Jobs) {
        let now = !jobs.is_empty();
        if *self.any.borrow() != now {
            self.any.send_replace(now);
        }
    }

    /// Tells one body to stop.
    pub(crate) fn stop(&self, id: JobId, fence: i64, reason: StopReason) {
        let held = self.jobs().get(&(id, fence)).cloned();
        if let Some(stop) = held {
            stop.fire(reason);
        }
    }

    /// Tells every body to stop.
    pub(crate) fn stop_all(&self, reason: &StopReason) {
        let all: Vec<_> = self.jobs().values().cloned().collect();
        for stop in all {
            stop.fire(reason.clone());
        }
    }

    /// The map stays whole even when a holder panicked: every change to it is one call.
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
