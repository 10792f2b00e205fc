//! The time that a PostgreSQL connection may be on loan. A server that keeps its connections open
//! and answers nothing (hung, or behind a box that forgot them) would else hold a caller for ever:
//! TCP gives up only what the other side's kernel does not acknowledge.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::{Instant, sleep};

/// Says whether a connection is on loan: odd numbers are loans, even ones the times between.
#[derive(Clone, Default)]
pub(crate) struct Loan(Arc<AtomicU64>);

impl Loan {
    /// Whoever borrowed it has it from now on.
    pub(crate) fn begin(&self) {
        let last = self.0.load(Ordering::Acquire);
        self.0.store((last + 1) | 1, Ordering::Release);
    }

    /// It is back.
    pub(crate) fn end(&self) {
        let last = self.0.load(Ordering::Acquire);
        self.0.store((last | 1) + 1, Ordering::Release);
    }

    fn number(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Acquire)).filter(|number| number % 2 == 1)
    }

    /// Drives `connection` until it ends, or until one loan has lasted longer than `limit`; then
    /// it is dropped, and whoever waits for an answer hears that it is closed. That is noticed at
    /// the latest when another `limit` has passed.
    pub(crate) async fn drive(self, connection: impl Future<Output = ()>, limit: Duration) {
        let mut connection = pin!(connection);
        let mut timer = pin!(sleep(limit));
        let mut watched: Option<u64> = None;
        std::future::poll_fn(|cx| {
            if connection.poll_unpin(cx).is_ready() {
                return Poll::Ready(());
            }
            // Looked at whenever something is asked or answered, and when the timer ends: an idle
            // connection costs no wake-ups.
            loop {
                match (watched, self.number()) {
                    (None, None) => return Poll::Pending,
                    (None, Some(loan)) => {
                        watched = Some(loan);
                        timer.as_mut().reset(Instant::now() + limit);
                    }
                    (Some(then), now) => {
                        if timer.poll_unpin(cx).is_pending() {
                            return Poll::Pending;
                        }
                        if now == Some(then) {
                            tracing::warn!(
                                limit_seconds = limit.as_secs(),
                                "the database did not answer in time; its connection is given up"
                            );
                            return Poll::Ready(());
                        }
                        watched = None;
                    }
                }
            }
        })
        .await;
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loan({:?})", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// How long a connection lasts that never ends by itself, while `work` goes on beside it.
    async fn lasts(work: impl AsyncFn(Loan)) -> Option<Duration> {
        let (loan, began) = (Loan::default(), Instant::now());
        let asked = Arc::new(tokio::sync::Notify::new());
        // As a driver, it wakes when something is asked.
        let connection = async {
            loop {
                asked.notified().await;
            }
        };
        let driving = loan.clone().drive(connection, LIMIT);
        let asking = async {
            work(loan).await;
            std::future::pending::<()>().await;
        };
        let waking = async {
            loop {
                asked.notify_one();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            () = driving => Some(began.elapsed()),
            () = asking => None,
            () = waking => None,
            () = tokio::time::sleep(LIMIT * 5) => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_loan_that_lasts_too_long_ends_the_connection() {
        let lasted = lasts(async |loan| loan.begin()).await.unwrap();
        assert!((LIMIT..LIMIT * 2).contains(&lasted), "{lasted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_short_loans_and_none_do_not() {
        let lasted = lasts(async |loan| {
            for _ in 0..20 {
                loan.begin();
                tokio::time::sleep(Duration::from_secs(2)).await;
                loan.end();
            }
        });
        assert_eq!(lasted.await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_loan_has_its_own_time() {
        let lasted = lasts(async |loan| {
            loan.begin();
            tokio::time::sleep(Duration::from_secs(9)).await;
            loan.end();
            loan.begin();
        });
        let lasted = lasted.await.unwrap();
        assert!((LIMIT + Duration::from_secs(9)..LIMIT * 3).contains(&lasted));
    }
}
