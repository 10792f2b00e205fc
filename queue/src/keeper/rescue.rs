//! Rescue: what a silent worker held is taken back. An attempt that ended so was counted when it
//! began, and so a job that kills its process ends dead like any other that always fails.

use std::time::Duration;

use db::Time;

use super::Duty;
use crate::store::{self, Row, Verdict};
use crate::wake::News;
use crate::{Ended, Queue, QueueError, State};

const CODE: &str = "lease_lost";

/// Looks for lapsed leases at every beat.
pub(super) fn lapsed(beat: Duration) -> Duty {
    duty("rescue", beat, false)
}

/// Looks for jobs held without any lease, which are rare and cost more to find.
pub(super) fn orphaned(beat: Duration) -> Duty {
    duty("rescue_orphans", beat * 10, true)
}

fn duty(name: &'static str, every: Duration, thorough: bool) -> Duty {
    Duty::new(name, every, move |term| async move {
        let rescued = term.queue().rescue_while(thorough, || term.holds()).await;
        rescued.map(|count| count as u64)
    })
    .at_once()
}

impl Queue {
    /// Takes back the jobs of workers whose lease lapsed, each worker in a transaction of its
    /// own, and answers how many. `thorough`: also of workers that have no lease at all.
    pub async fn rescue(&self, thorough: bool) -> Result<usize, QueueError> {
        self.rescue_while(thorough, || true).await
    }

    async fn rescue_while(
        &self,
        thorough: bool,
        wanted: impl Fn() -> bool,
    ) -> Result<usize, QueueError> {
        let now = self.now();
        let workers = {
            let mut db = self.pool().get().await?;
            let mut workers = store::lapsed(&mut db, now).await?;
            if thorough {
                workers.extend(store::orphaned(&mut db).await?);
            }
            workers
        };
        let seed = self.options().seed;
        let mut count = 0;
        for worker in workers {
            if !wanted() {
                break;
            }
            let (rescued, moved) = self
                .pool()
                .tx::<_, QueueError, _>(move |db| {
                    Box::pin(async move {
                        let verdict = move |row: &Row| verdict(row, seed, now);
                        Ok(store::rescue_from(db, worker, now, verdict).await?)
                    })
                })
                .await?;
            if rescued.is_empty() {
                continue;
            }
            tracing::warn!(worker.id = %worker, count = rescued.len(), "took back the jobs of a silent worker");
            count += rescued.len();
            let mut news = News::default();
            for moved in moved {
                moved.tell(&mut news);
            }
            for (id, queue, state) in rescued {
                metrics::counter!("queue_jobs_rescued_total", "queue" => queue, "state" => state.as_str())
                    .increment(1);
                news.job(id);
                news.free_all();
            }
            // Whoever promotes due jobs looks when the first of them is due.
            news.due();
            self.wake().announce(news);
        }
        Ok(count)
    }
}

fn verdict(row: &Row, seed: u64, now: Time) -> Verdict {
    let ended = |state, ended, run_at| Verdict {
        run_at,
        ended: Some(ended),
        code: Some(CODE.into()),
        message: Some("the worker that ran it fell silent".into()),
        ..Verdict::to(state)
    };
    if row.cancel_requested_at.is_some() {
        ended(State::Cancelled, Ended::Cancelled, None)
    } else if row.attempt >= row.max_attempts {
        ended(State::Dead, Ended::Dead, None)
    } else {
        let at = row.backoff().next(seed, row.id.uuid(), row.attempt, now);
        ended(State::Retrying, Ended::LeaseLost, Some(at))
    }
}
