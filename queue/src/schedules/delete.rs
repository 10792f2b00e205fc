//! Deleting a schedule.

use serde_json::json;

use crate::acts::Target;
use crate::{Actor, Deed, Queue, QueueError, ScheduleId, store};

impl Queue {
    /// Deletes a schedule with the record of its ticks; false when the actor's scope has no such
    /// schedule. Jobs that it made stay.
    pub async fn delete_schedule(
        &self,
        by: impl Into<Actor>,
        id: ScheduleId,
    ) -> Result<bool, QueueError> {
        let (by, now) = (by.into(), self.now());
        self.pool()
            .tx(move |db| {
                Box::pin(async move {
                    let Some(row) = store::hold_schedule(db, by.scope(), id).await? else {
                        return Ok(false);
                    };
                    store::delete_schedule(db, id).await?;
                    let details = json!({ "name": row.name, "cron": row.cron, "zone": row.zone });
                    by.did(db, Deed::DeleteSchedule, Target::Schedule(id), details, now)
                        .await?;
                    Ok(true)
                })
            })
            .await
    }
}
