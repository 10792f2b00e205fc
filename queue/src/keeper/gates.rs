//! Gates of limits' keys that nobody used for long are forgotten.

use std::time::Duration;

use super::Duty;
use crate::{QueueError, store};

/// How often, and how long a bucket must have been full: then forgetting it changes nothing.
const EVERY: Duration = Duration::from_hours(1);
/// How many are forgotten at a time.
const BATCH: usize = 1000;

pub(super) fn duty() -> Duty {
    Duty::new("prune_gates", EVERY, |term| async move {
        let queue = term.queue();
        let mut total = 0;
        while term.holds() {
            let before = queue.now() - EVERY;
            let pruned = store::prune_gates(queue.pool(), before, BATCH).await?;
            total += pruned as u64;
            if pruned < BATCH {
                break;
            }
        }
        Ok::<_, QueueError>(total)
    })
}
