//! Acts of long ago, and worker incarnations nobody will ask for any more, are deleted.

use std::time::Duration;

use super::Duty;
use crate::QueueError;

/// How often it is looked for what may go.
const EVERY: Duration = Duration::from_hours(1);
/// How long what people did is kept, and who worker incarnations were.
const KEPT: Duration = Duration::from_hours(24 * 365);
/// How many are deleted at a time.
const BATCH: usize = 1000;

pub(super) fn duty() -> Duty {
    Duty::new("prune_acts", EVERY, |term| async move {
        let (queue, mut total) = (term.queue(), 0);
        while term.holds() {
            let before = queue.now() - KEPT;
            let acts = queue.prune_acts(before, BATCH).await?;
            let incarnations = queue.prune_incarnations(before, BATCH).await?;
            total += (acts + incarnations) as u64;
            if acts < BATCH && incarnations < BATCH {
                break;
            }
        }
        Ok::<_, QueueError>(total)
    })
}
