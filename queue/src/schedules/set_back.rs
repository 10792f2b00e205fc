//! Schedules that a clock ahead of the time decided: without this they would be silent until the
//! time has come there.

use std::time::Duration;

use db::Time;

use crate::{Queue, QueueError, store};

/// How far ahead another process' clock may be without having been wrong.
const TOLERANCE: Duration = Duration::from_mins(5);
/// How many are looked at in one go.
const BATCH: usize = 100;

impl Queue {
    /// Takes up again every schedule that was last changed later than now, from the first tick
    /// after now. Those of its ticks that have made their job already are refused by their key.
    pub(super) async fn follow_clocks_set_back(&self, now: Time) -> Result<(), QueueError> {
        let limit = now + TOLERANCE;
        let changed = {
            let mut db = self.pool().get().await?;
            store::changed_after(&mut db, limit, BATCH).await?
        };
        for id in changed {
            tracing::warn!(schedule.id = %id, "the clock was set back; the schedule ticks again from now");
            self.pool()
                .tx::<_, QueueError, _>(move |db| {
                    Box::pin(async move {
                        let held = store::hold_schedule(db, crate::Scope::Operator, id).await?;
                        let Some(row) = held.filter(|row| row.updated_at > limit) else {
                            return Ok(());
                        };
                        let next_at = match row.paused_at {
                            Some(_) => None,
                            None => row.ticks()?.next_after(now),
                        };
                        Ok(store::set_next(db, id, next_at, now).await?)
                    })
                })
                .await?;
        }
        Ok(())
    }
}
