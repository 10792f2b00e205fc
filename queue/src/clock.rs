//! Time, injected: the engine asks this clock and no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use db::Time;
use futures::future::BoxFuture;
use tokio::sync::watch;

/// Where the engine reads the time, and waits.
pub trait Clock: Send + Sync + 'static {
    /// The time now. It never goes back.
    fn now(&self) -> Time;

    /// Resolves once [`Clock::now`] has reached `at`.
    fn wait_until(&self, at: Time) -> BoxFuture<'static, ()>;
}

/// The machine's monotonic clock, anchored to a calendar time. A step of the wall clock (by NTP
/// or by hand) does not move it, so it cannot expire leases.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
    /// The calendar time at `origin`, in microseconds.
    anchor: AtomicI64,
    /// The latest time that was told, in microseconds.
    told: AtomicI64,
}

impl SystemClock {
    /// Anchored to this machine's wall clock, as it is now.
    pub fn new() -> Self {
        Self::anchored(Instant::now(), Utc::now().into())
    }

    /// Anchors anew: the authority's time was `theirs` at `ours`. Hosts that share a database
    /// follow its clock and so agree about leases. The clock never goes back for it: after a
    /// correction backwards it stands until it is right again.
    pub(crate) fn follow(&self, ours: Instant, theirs: Time) {
        let anchor = theirs - ours.saturating_duration_since(self.origin);
        self.anchor.store(anchor.as_micros(), Ordering::Release);
    }

    /// The anchored time, which a correction may have set back.
    fn anchored_now(&self) -> Time {
        Time::from_micros(self.anchor.load(Ordering::Acquire)) + self.origin.elapsed()
    }

    /// Anchors for the first time, before anyone has read the clock.
    pub(crate) fn anchored(ours: Instant, theirs: Time) -> Self {
        Self {
            origin: ours,
            anchor: AtomicI64::new(theirs.as_micros()),
            told: AtomicI64::new(i64::MIN),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let now = self.anchored_now().as_micros();
        Time::from_micros(now.max(self.told.fetch_max(now, Ordering::AcqRel)))
    }

    fn wait_until(&self, at: Time) -> BoxFuture<'static, ()> {
        // While the clock stands, what is waited for comes later than it says.
        let wait = at.since(self.anchored_now());
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that moves only when told to: for tests and simulations.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Time>>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: Time) -> Self {
        Self {
            now: Arc::new(watch::Sender::new(start)),
        }
    }

    /// Moves the clock forward and wakes whoever waited for a time up to then.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = *now + by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        *self.now.borrow()
    }

    fn wait_until(&self, at: Time) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // Fails only when the clock is gone, and then nobody can move it any more.
            if now.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_follows_an_authority_never_goes_back() {
        let clock = SystemClock::new();
        let before = clock.now();
        clock.follow(Instant::now(), before - Duration::from_hours(1));
        assert!(clock.now() >= before);
        clock.follow(Instant::now(), before + Duration::from_hours(1));
        let ahead = clock.now();
        assert!(ahead >= before + Duration::from_hours(1));
        clock.follow(Instant::now(), before);
        assert!(clock.now() >= ahead);
        assert!(clock.anchored_now() < ahead, "the correction is kept");
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_those_who_waited() {
        let clock = ManualClock::at(Time::from_micros(0));
        let waiting = clock.wait_until(Time::from_micros(5_000_000));
        clock.advance(Duration::from_secs(5));
        waiting.await;
    }
}
