//! Blocked jobs are judged anew: a net below what moves them when the jobs they need end.

use std::time::Duration;

use super::Duty;

/// How often: nothing should ever be found.
const EVERY: Duration = Duration::from_mins(5);
/// How many are judged at a time.
const BATCH: usize = 500;

pub(super) fn duty() -> Duty {
    Duty::new("unblock", EVERY, |term| async move {
        let moved = term.queue().unblock(BATCH).await;
        moved.map(|count| count as u64)
    })
}
