//! Records of old ticks are deleted.

use std::time::Duration;

use super::Duty;
use crate::QueueError;

/// How often it is looked for what may go.
const EVERY: Duration = Duration::from_mins(10);
/// How long the record of a tick keeps a clock that was set back from making it again.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// How many are deleted at a time.
const BATCH: usize = 1000;

pub(super) fn duty() -> Duty {
    Duty::new("prune_ticks", EVERY, |term| async move {
        let mut total = 0;
        while term.holds() {
            let before = term.queue().now() - KEPT;
            let pruned = term.queue().prune_ticks(before, BATCH).await?;
            total += pruned as u64;
            if pruned < BATCH {
                break;
            }
        }
        Ok::<_, QueueError>(total)
    })
}
