//! Making the jobs of ticks that are due.

use std::time::Duration;

use db::Time;
use futures::future::BoxFuture;

use crate::{Queue, QueueError, ScheduleId, due, store};

/// How many due schedules are listed in one go.
const BATCH: usize = 100;
/// When to look again at a schedule that this program cannot read.
const UNREADABLE: Duration = Duration::from_mins(1);

impl Queue {
    /// Decides every tick that is due, and answers how many made a job. Any number of processes
    /// may do so at once. Each schedule is decided in short transactions of its own, and none
    /// waits for another that has much to make up for.
    pub async fn tick_due(&self) -> Result<usize, QueueError> {
        self.follow_clocks_set_back().await?;
        let mut total = 0;
        loop {
            let made = self.tick_each_once().await?;
            total += made;
            if made == 0 {
                return Ok(total);
            }
        }
    }

    async fn tick_each_once(&self) -> Result<usize, QueueError> {
        let (mut made, mut after, mut failure) = (0, None, None);
        loop {
            let now = self.now();
            let due = {
                let mut db = self.pool().get().await?;
                store::due_schedules(&mut db, now, after, BATCH).await?
            };
            for id in &due {
                match self.tick(*id, now).await {
                    Ok(count) => made += count,
                    Err(error) if error.is_transient() => return Err(error),
                    // The others tick all the same.
                    Err(error) => failure = Some(error),
                }
            }
            if due.len() == BATCH {
                after = due.last().copied();
                continue;
            }
            return match failure {
                Some(error) if made == 0 => Err(error),
                _ => Ok(made),
            };
        }
    }

    /// Decides the ticks of one schedule that are due at `now`, unless another process does.
    async fn tick(&self, id: ScheduleId, now: Time) -> Result<usize, QueueError> {
        self.transaction(move |tx| {
            Box::pin(async move {
                let Some(schedule) = store::hold_due(tx.db(), id, now).await? else {
                    return Ok(0);
                };
                let cron = match schedule.ticks() {
                    Ok(cron) => cron,
                    Err(error) => {
                        // A newer program put it, or a zone was given up. It must not keep
                        // everyone awake.
                        tracing::error!(schedule.id = %id, %error, "a schedule cannot be read");
                        let later = Some(now + UNREADABLE);
                        store::set_next(tx.db(), id, later, now).await?;
                        return Ok(0);
                    }
                };
                let next_at = schedule.next_at.unwrap_or(now);
                let decision = schedule.catch_up.decide(&cron, next_at, now);
                let (mut made, mut last_at) = (0, schedule.last_at);
                for at in decision.make {
                    let job = schedule.job().run_at(at);
                    // It was made already when a clock has been set back since.
                    if store::record_tick(tx.db(), id, at, job.id, now).await? {
                        tx.enqueue(job).await?;
                        made += 1;
                        last_at = last_at.max(Some(at));
                    }
                }
                let missed = i64::try_from(decision.missed).unwrap_or(i64::MAX);
                store::advance(tx.db(), id, decision.next_at, last_at, missed, now).await?;
                let ticks = |outcome, count| {
                    metrics::counter!("queue_ticks_total", "outcome" => outcome).increment(count);
                };
                ticks("made", u64::try_from(made).unwrap_or_default());
                ticks("missed", u64::try_from(missed).unwrap_or_default());
                Ok(made)
            })
        })
        .await
    }
}

/// Keeps every schedule ticking, for ever.
pub(crate) async fn keep(queue: Queue) {
    // Within one process clocks do not go back; what earlier ones decided is looked at once.
    if let Err(error) = queue.tick_due().await {
        tracing::warn!(%error, "due schedules could not be looked for");
    }
    due::keep(queue, look).await;
}

/// Ticks what is due when anything is, and answers when the next tick is.
fn look(queue: &Queue) -> BoxFuture<'_, Result<Option<Time>, QueueError>> {
    Box::pin(async move {
        let next = next_tick(queue).await?;
        if next.is_none_or(|next| next > queue.now()) {
            return Ok(next);
        }
        queue.tick_due().await?;
        next_tick(queue).await
    })
}

async fn next_tick(queue: &Queue) -> Result<Option<Time>, QueueError> {
    let mut db = queue.pool().get().await?;
    Ok(store::next_tick(&mut db).await?)
}
