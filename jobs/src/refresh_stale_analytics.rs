//! `refresh_stale_analytics`: asks for a refresh of every artist whose results are of another day.

use std::time::Duration;

use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Nothing to say: the job's tick, or its enqueue, is the moment that results are old at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshStaleAnalytics {}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshStaleAnalyticsOutput {
    /// Artists for whom a refresh was asked for.
    pub artists: u64,
}

impl Contract for RefreshStaleAnalytics {
    const KIND: &'static str = "refresh_stale_analytics";
    const QUEUE: &'static str = "insight";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(30);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(5),
        cap: Duration::from_mins(5),
    };
    type Output = RefreshStaleAnalyticsOutput;
}
