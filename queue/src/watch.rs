//! Watching one job.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::wake::Local;
use crate::{JobId, Queue};

/// A watcher that heard nothing looks anyway after this, at most.
const LOOK_ANYWAY: Duration = Duration::from_secs(5);

/// Tells when a job may have changed. Read the job after each time, and first of all once before
/// the first: what happened before the watch began is not told.
#[derive(Debug)]
pub struct Watch {
    id: JobId,
    /// `None` only while `drop` runs.
    changes: Option<Receiver<u64>>,
    local: Arc<Local>,
    poll: Duration,
}

impl Watch {
    /// Resolves when the job may have changed since the last call, in whatever process; at the
    /// latest after the poll interval, so that lost news delays and never blinds.
    pub async fn changed(&mut self) {
        if let Some(changes) = &mut self.changes {
            // An error would mean that the sender is gone, and `forget` keeps it while we listen.
            let _ = tokio::time::timeout(self.poll, changes.changed()).await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.changes = None;
        self.local.forget(self.id);
    }
}

impl Queue {
    /// Watches a job for changes. It tells nothing of the job, so it needs no scope; reading does.
    pub fn watch(&self, id: JobId) -> Watch {
        let local = Arc::clone(self.wake().local());
        Watch {
            id,
            changes: Some(local.job(id)),
            local,
            poll: self.options().poll.min(LOOK_ANYWAY),
        }
    }
}
