//! Reading schedules, and which of them made a job.

use crate::{JobId, Page, Queue, QueueError, Schedule, ScheduleId, Scope, Tick, store};

impl Queue {
    /// The scope's schedules, newest first.
    pub async fn schedules(
        &self,
        scope: Scope,
        page: Page<ScheduleId>,
    ) -> Result<Vec<Schedule>, QueueError> {
        let mut db = self.pool().get().await?;
        let rows = store::schedules(&mut db, scope, page).await?;
        Ok(rows
            .into_iter()
            .map(store::ScheduleRow::into_schedule)
            .collect())
    }

    /// One schedule of the scope.
    pub async fn schedule(
        &self,
        scope: Scope,
        id: ScheduleId,
    ) -> Result<Option<Schedule>, QueueError> {
        let mut db = self.pool().get().await?;
        let row = store::schedule(&mut db, scope, id).await?;
        Ok(row.map(store::ScheduleRow::into_schedule))
    }

    /// The tick that made a job; none when no tick did, or its record was pruned.
    pub async fn tick_of(&self, job: JobId) -> Result<Option<Tick>, QueueError> {
        let mut db = self.pool().get().await?;
        let tick = store::tick_of(&mut db, job).await?;
        Ok(tick.map(|(schedule_id, at)| Tick { schedule_id, at }))
    }
}
