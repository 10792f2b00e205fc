//! The durable queue's times: leases, beats, and how long its records are kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Broken, within};

/// The durable queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Queue {
    /// How long a silent worker keeps its jobs.
    pub lease_seconds: u32,
    /// How often leases are renewed; at most a third of the lease.
    pub beat_seconds: u32,
    /// How often an idle worker looks for work without being woken.
    pub poll_seconds: u32,
    /// How long running jobs may take to end when a worker stops.
    pub drain_seconds: u32,
    /// How long done jobs are kept; 0: for ever.
    pub keep_done_days: u32,
    /// How long cancelled jobs are kept; 0: for ever.
    pub keep_cancelled_days: u32,
    /// How long dead jobs are kept; 0: for ever.
    pub keep_dead_days: u32,
}

/// The longest that finished jobs can be kept, but for ever: a century.
const MOST_DAYS: u32 = 36_500;

impl Queue {
    /// [`Queue::lease_seconds`] as a duration.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.into())
    }

    /// [`Queue::beat_seconds`] as a duration.
    pub fn beat(&self) -> Duration {
        Duration::from_secs(self.beat_seconds.into())
    }

    /// [`Queue::poll_seconds`] as a duration.
    pub fn poll(&self) -> Duration {
        Duration::from_secs(self.poll_seconds.into())
    }

    /// [`Queue::drain_seconds`] as a duration.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }

    /// [`Queue::keep_done_days`] as a duration; none: for ever.
    pub fn keep_done(&self) -> Option<Duration> {
        days(self.keep_done_days)
    }

    /// [`Queue::keep_cancelled_days`] as a duration; none: for ever.
    pub fn keep_cancelled(&self) -> Option<Duration> {
        days(self.keep_cancelled_days)
    }

    /// [`Queue::keep_dead_days`] as a duration; none: for ever.
    pub fn keep_dead(&self) -> Option<Duration> {
        days(self.keep_dead_days)
    }

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        within("queue.lease_seconds", self.lease_seconds, 5..=3600)?;
        // A third of the lease: two beats may be lost before the lease runs out.
        within(
            "queue.beat_seconds",
            self.beat_seconds,
            1..=self.lease_seconds / 3,
        )?;
        within("queue.poll_seconds", self.poll_seconds, 1..=300)?;
        within("queue.drain_seconds", self.drain_seconds, 0..=3600)?;
        within("queue.keep_done_days", self.keep_done_days, 0..=MOST_DAYS)?;
        within(
            "queue.keep_cancelled_days",
            self.keep_cancelled_days,
            0..=MOST_DAYS,
        )?;
        within("queue.keep_dead_days", self.keep_dead_days, 0..=MOST_DAYS)
    }
}

fn days(days: u32) -> Option<Duration> {
    (days > 0).then(|| Duration::from_hours(24 * u64::from(days)))
}
