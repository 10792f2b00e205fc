//! A job of a schedule's now, by a person.

use serde_json::json;

use crate::acts::Target;
use crate::{Actor, Deed, JobId, Queue, QueueError, ScheduleId, store};

impl Queue {
    /// Enqueues a job such as the schedule's ticks make, now and outside them, whether it is
    /// paused or not; none when the actor's scope has no such schedule.
    pub async fn trigger_schedule(
        &self,
        by: impl Into<Actor>,
        id: ScheduleId,
    ) -> Result<Option<JobId>, QueueError> {
        let (by, now) = (by.into(), self.now());
        self.transaction(move |tx| {
            Box::pin(async move {
                // Held, so that whoever deletes the schedule finds this job too.
                let Some(row) = store::hold_schedule(tx.db(), by.scope(), id).await? else {
                    return Ok(None);
                };
                let job = tx.enqueue(row.job()).await?.id;
                let (target, details) = (
                    Target::Schedule(id),
                    json!({ "name": row.name, "job": job }),
                );
                by.did(tx.db(), Deed::TriggerSchedule, target, details, now)
                    .await?;
                Ok(Some(job))
            })
        })
        .await
    }
}
