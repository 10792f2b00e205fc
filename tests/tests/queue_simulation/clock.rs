//! The clock of one simulated process.

use std::time::Duration;

use db::Time;
use futures::future::BoxFuture;
use queue::{Clock, ManualClock};

/// It shows a time, which may differ from others' clocks, and wakes those who wait for a time
/// only when told to: a process can be late for its own beat.
#[derive(Debug, Clone)]
pub struct OwnClock {
    shown: ManualClock,
    woken: ManualClock,
}

impl OwnClock {
    pub fn at(start: Time) -> Self {
        Self {
            shown: ManualClock::at(start),
            woken: ManualClock::at(start),
        }
    }

    /// Time passes, and nobody notices.
    pub fn pass(&self, by: Duration) {
        self.shown.advance(by);
    }

    /// Whoever waited for a time up to now is woken.
    pub fn wake(&self) {
        self.woken.advance(self.shown.now().since(self.woken.now()));
    }
}

impl Clock for OwnClock {
    fn now(&self) -> Time {
        self.shown.now()
    }

    fn wait_until(&self, at: Time) -> BoxFuture<'static, ()> {
        self.woken.wait_until(at)
    }
}
