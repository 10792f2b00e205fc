//! Pausing a schedule, and resuming it.

use db::Time;
use serde_json::json;

use crate::acts::Target;
use crate::store::{self, ScheduleRow};
use crate::wake::News;
use crate::{Actor, Deed, Queue, QueueError, Schedule, ScheduleId};

impl Queue {
    /// Stops a schedule from ticking, and answers it as it is then; none when the actor's
    /// scope has no such schedule. Jobs that it made go on.
    pub async fn pause_schedule(
        &self,
        by: impl Into<Actor>,
        id: ScheduleId,
    ) -> Result<Option<Schedule>, QueueError> {
        let now = self.now();
        self.set_paused(by.into(), id, Some(now)).await
    }

    /// Lets a paused schedule tick again, from the first tick after now: what it would have
    /// ticked meanwhile is not made up for. Answers it as it is then; none when the actor's
    /// scope has no such schedule.
    pub async fn resume_schedule(
        &self,
        by: impl Into<Actor>,
        id: ScheduleId,
    ) -> Result<Option<Schedule>, QueueError> {
        self.set_paused(by.into(), id, None).await
    }

    async fn set_paused(
        &self,
        by: Actor,
        id: ScheduleId,
        paused_at: Option<Time>,
    ) -> Result<Option<Schedule>, QueueError> {
        let now = self.now();
        let row = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let Some(row) = store::hold_schedule(db, by.scope(), id).await? else {
                        return Ok(None);
                    };
                    if row.paused_at.is_some() == paused_at.is_some() {
                        return Ok(Some(row));
                    }
                    let next_at = match paused_at {
                        Some(_) => None,
                        None => row.ticks()?.next_after(now),
                    };
                    let row = ScheduleRow {
                        paused_at,
                        next_at,
                        updated_at: now,
                        ..row
                    };
                    store::set_paused(db, &row).await?;
                    let deed = match paused_at {
                        Some(_) => Deed::PauseSchedule,
                        None => Deed::ResumeSchedule,
                    };
                    let details = json!({ "name": row.name });
                    by.did(db, deed, Target::Schedule(id), details, now).await?;
                    Ok(Some(row))
                })
            })
            .await?;
        let mut news = News::default();
        news.due();
        self.wake().announce(news);
        Ok(row.map(ScheduleRow::into_schedule))
    }
}
