//! Deleting a schedule.

use crate::{Queue, QueueError, ScheduleId, Scope, store};

impl Queue {
    /// Deletes a schedule with the record of its ticks; false when the scope has no such
    /// schedule. Jobs that it made stay.
    pub async fn delete_schedule(&self, scope: Scope, id: ScheduleId) -> Result<bool, QueueError> {
        let mut db = self.pool().writer().await?;
        Ok(store::delete_schedule(&mut db, scope, id).await?)
    }
}
