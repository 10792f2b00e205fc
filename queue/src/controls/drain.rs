//! Draining: a queue is paused, and what runs ends by itself.

use super::{ALL_QUEUES, Control};
use crate::{Actor, Deed, Queue, QueueError, store};

impl Queue {
    /// Pauses a queue, or all, so that it runs empty: watch [`Queue::running`] until nothing is
    /// left. Resume it like any paused queue.
    pub async fn drain_queue(
        &self,
        by: impl Into<Actor>,
        queue: &str,
    ) -> Result<Control, QueueError> {
        self.stop_claims(by.into(), queue, Deed::DrainQueue).await
    }

    /// How many jobs of a queue, or of all, run. A claim that was on its way when the queue was
    /// paused may still come: none is sure only when two looks, a second apart, find none.
    pub async fn running(&self, queue: &str) -> Result<u64, QueueError> {
        let one = (queue != ALL_QUEUES).then_some(queue);
        let mut db = self.pool().get().await?;
        Ok(store::count_running(&mut db, one).await?.unsigned_abs())
    }
}
