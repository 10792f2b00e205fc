//! How long this process may believe that it leads.

use std::sync::Arc;

use db::Time;
use tokio::sync::watch;

use crate::Clock;

/// Shared by whoever wins the office and whoever acts in it. Cloning it is cheap.
#[derive(Clone)]
pub(crate) struct Leadership {
    clock: Arc<dyn Clock>,
    trusted_until: Arc<watch::Sender<Option<Time>>>,
}

impl Leadership {
    /// Of someone who does not lead yet.
    pub(super) fn none(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            trusted_until: Arc::new(watch::Sender::new(None)),
        }
    }

    /// Whether this process leads, for all it may believe now.
    pub(crate) fn holds(&self) -> bool {
        self.trusted(*self.trusted_until.borrow())
    }

    /// Resolves when it leads.
    pub(super) async fn begun(&self) {
        let mut told = self.trusted_until.subscribe();
        // Fails only when the sender is gone, and that is borrowed here.
        let _ = told.wait_for(|until| self.trusted(*until)).await;
    }

    /// The office was won or kept: to be trusted `until` then.
    pub(super) fn keep(&self, until: Time) {
        self.trusted_until.send_replace(Some(until));
    }

    /// The office is another's.
    pub(super) fn lose(&self) {
        self.trusted_until.send_replace(None);
    }

    fn trusted(&self, until: Option<Time>) -> bool {
        until.is_some_and(|until| self.clock.now() < until)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ManualClock;

    #[tokio::test]
    async fn a_leader_that_slept_past_its_lease_knows_it_when_it_wakes() {
        let clock = ManualClock::at(Time::from_micros(0));
        let leadership = Leadership::none(Arc::new(clock.clone()));
        assert!(!leadership.holds());
        leadership.keep(clock.now() + Duration::from_secs(10));
        leadership.begun().await;
        assert!(leadership.holds());
        clock.advance(Duration::from_secs(10));
        assert!(!leadership.holds());
        leadership.keep(clock.now() + Duration::from_secs(10));
        assert!(leadership.holds());
        leadership.lose();
        assert!(!leadership.holds());
    }
}
