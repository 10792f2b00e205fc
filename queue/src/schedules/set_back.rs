//! Schedules that a clock ahead of the time decided: without this they would be silent until the
//! time has come there.

use std::time::Duration;

use db::{Db, Time};

use crate::{Queue, QueueError, ScheduleId, Scope, store};

/// How far ahead another process' clock may be without having been wrong.
const TOLERANCE: Duration = Duration::from_mins(5);
/// How many are looked at in one go.
const BATCH: usize = 100;

impl Queue {
    /// Takes up again every schedule that was last changed later than now, from the first tick
    /// after now. Those of its ticks that have made their job already are refused by their key.
    pub(super) async fn follow_clocks_set_back(&self) -> Result<(), QueueError> {
        loop {
            let now = self.now();
            let changed = {
                let mut db = self.pool().get().await?;
                store::changed_after(&mut db, now + TOLERANCE, BATCH).await?
            };
            for id in &changed {
                let id = *id;
                tracing::warn!(schedule.id = %id, "the clock was set back; the schedule goes on from now");
                self.pool()
                    .tx::<_, QueueError, _>(move |db| Box::pin(set_back(db, id, now)))
                    .await?;
            }
            if changed.len() < BATCH {
                return Ok(());
            }
        }
    }
}

async fn set_back(db: &mut Db, id: ScheduleId, now: Time) -> Result<(), QueueError> {
    let held = store::hold_schedule(db, Scope::Operator, id).await?;
    let Some(row) = held.filter(|row| row.updated_at > now + TOLERANCE) else {
        return Ok(());
    };
    let next_at = match row.ticks() {
        _ if row.paused_at.is_some() => None,
        Ok(cron) => cron.next_after(now),
        // Whoever decides its ticks tells that it cannot be read.
        Err(_) => Some(now),
    };
    Ok(store::set_next(db, id, next_at, now).await?)
}
