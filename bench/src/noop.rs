//! The job that does nothing.

use std::time::Duration;

use queue::{Backoff, Contract, NewJob, QueueError};
use serde::{Deserialize, Serialize};

/// A small payload, as most real ones are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Noop {
    number: u64,
}

impl Contract for Noop {
    const KIND: &'static str = "bench_noop";
    const QUEUE: &'static str = "bench";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_mins(1));
    type Output = ();
}

/// The job with this number.
pub fn noop(number: u64) -> Result<NewJob, QueueError> {
    NewJob::of(&Noop { number })
}
