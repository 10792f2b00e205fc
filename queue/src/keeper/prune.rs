//! Pruning: finished jobs are deleted once they have been kept long enough.

use std::time::Duration;

use db::Time;
use uuid::Uuid;

use super::Duty;
use crate::store::{self, Bounds};
use crate::{JobId, Queue, QueueError};

/// How often it is looked for what may go.
const EVERY: Duration = Duration::from_mins(10);
/// How many jobs are looked at, and at most deleted, at a time.
const BATCH: i64 = 1000;
/// Nothing finished as long ago as this.
const NEVER: Time = Time::from_micros(0);

/// How long finished jobs are kept, by how they ended; none: for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Those that were done.
    pub done: Option<Duration>,
    /// Those that were cancelled.
    pub cancelled: Option<Duration>,
    /// Those that failed for good.
    pub dead: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Some(Duration::from_hours(24 * days));
        Self {
            done: days(7),
            cancelled: days(7),
            dead: days(90),
        }
    }
}

pub(super) fn duty() -> Duty {
    Duty::new("prune", EVERY, |term| async move {
        term.queue().prune_while(|| term.holds()).await
    })
}

impl Queue {
    /// Deletes every finished job, with what belongs to it, that has been kept as long as
    /// [`crate::Options::retention`] says, in batches of at most a thousand, and answers how many.
    pub async fn prune(&self) -> Result<u64, QueueError> {
        self.prune_while(|| true).await
    }

    async fn prune_while(&self, wanted: impl Fn() -> bool) -> Result<u64, QueueError> {
        let (retention, now) = (self.options().retention, self.now());
        let each = [retention.done, retention.cancelled, retention.dead];
        let Some(shortest) = each.into_iter().flatten().min() else {
            return Ok(0);
        };
        let before = |kept: Option<Duration>| kept.map_or(NEVER, |kept| now - kept);
        let bounds = Bounds {
            done: before(retention.done),
            cancelled: before(retention.cancelled),
            dead: before(retention.dead),
        };
        // What was made later cannot have been finished long enough.
        let end = JobId::first_at(now - shortest);
        let mut after = JobId(Uuid::nil());
        let mut total = 0;
        while wanted() {
            let stretch = store::prune(self.pool(), after, end, bounds, BATCH).await?;
            let count = u64::try_from(stretch.pruned).unwrap_or(u64::MAX);
            if count > 0 {
                metrics::counter!("queue_jobs_pruned_total").increment(count);
            }
            total += count;
            let Some(last) = stretch.last else { break };
            after = last;
        }
        Ok(total)
    }
}
