//! When a failed attempt is tried again: exponential, capped, with full jitter.

use std::time::Duration;

use db::Time;
use uuid::Uuid;

use crate::jitter;

/// A back-off policy. It is kept in the row, so that a job keeps the policy it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub base: Duration,
    /// The longest wait after any failure.
    pub cap: Duration,
}

impl Backoff {
    /// A policy that doubles from `base` up to `cap`.
    pub const fn exponential(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// The policy as rows keep it: base and cap, where the cap is never the less.
    pub(crate) fn as_millis(self) -> (i32, i32) {
        let millis = |wait: Duration| i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        (millis(self.base), millis(self.cap.max(self.base)))
    }

    /// The policy that a row keeps.
    pub(crate) fn of_millis(base: i32, cap: i32) -> Self {
        let wait = |millis: i32| Duration::from_millis(millis.unsigned_abs().into());
        Self::exponential(wait(base), wait(cap))
    }

    /// The longest wait after attempt number `attempt`, counted from 1.
    pub fn ceiling(self, attempt: i32) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1))
            .unwrap_or(0)
            .min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// The wait after attempt `attempt` of `job`: evenly spread between zero and the ceiling, so
    /// that jobs which failed together do not come back together. The same seed, job and attempt
    /// give the same wait.
    pub(crate) fn wait(self, seed: u64, job: Uuid, attempt: i32) -> Duration {
        let (high, low) = job.as_u64_pair();
        let spread = jitter::fraction(seed, &[high, low, attempt.unsigned_abs().into()]);
        self.ceiling(attempt).mul_f64(spread)
    }

    /// When the next attempt may start, after one that ended at `from`.
    pub(crate) fn next(self, seed: u64, job: Uuid, attempt: i32, from: Time) -> Time {
        from + self.wait(seed, job, attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_mins(1));

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let ceilings: Vec<_> = (1..=8).map(|n| POLICY.ceiling(n).as_secs()).collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(POLICY.ceiling(i32::MAX), Duration::from_mins(1));
    }

    #[test]
    fn waits_fill_the_whole_range_evenly_and_never_leave_it() {
        let waits: Vec<f64> = (0..4000)
            .map(|n| POLICY.wait(7, Uuid::from_u128(n), 4).as_secs_f64())
            .collect();
        assert!(waits.iter().all(|wait| (0.0..8.0).contains(wait)));
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        assert!((mean - 4.0).abs() < 0.2, "{mean}");
        assert!(waits.iter().any(|wait| *wait < 0.1) && waits.iter().any(|wait| *wait > 7.9));
    }
}
