//! A look ahead.

use db::Time;

use crate::{Queue, QueueError, ScheduleId, Scope};

/// The longest look ahead.
const LIMIT: usize = 1000;

impl Queue {
    /// The next `n` ticks of a schedule after now, at most a thousand, whether it is paused or
    /// not; none when the scope has no such schedule. Before a schedule is put,
    /// [`crate::Cron::ticks_after`] shows the same.
    pub async fn upcoming(
        &self,
        scope: Scope,
        id: ScheduleId,
        n: usize,
    ) -> Result<Option<Vec<Time>>, QueueError> {
        let Some(schedule) = self.schedule(scope, id).await? else {
            return Ok(None);
        };
        let cron = schedule.ticks()?;
        Ok(Some(
            cron.ticks_after(self.now()).take(n.min(LIMIT)).collect(),
        ))
    }
}
