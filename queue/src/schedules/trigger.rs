//! A job of a schedule's now, by a person.

use crate::{JobId, Queue, QueueError, ScheduleId, Scope, store};

impl Queue {
    /// Enqueues a job such as the schedule's ticks make, now and outside them, whether it is
    /// paused or not; none when the scope has no such schedule.
    pub async fn trigger_schedule(
        &self,
        scope: Scope,
        id: ScheduleId,
    ) -> Result<Option<JobId>, QueueError> {
        self.transaction(move |tx| {
            Box::pin(async move {
                match store::schedule(tx.db(), scope, id).await? {
                    Some(schedule) => Ok(Some(tx.enqueue(schedule.job()).await?.id)),
                    None => Ok(None),
                }
            })
        })
        .await
    }
}
