//! Finishing: the end of an attempt becomes the row's next state, under the fence.

use std::collections::{HashMap, HashSet};

use db::Time;

use crate::log;
use crate::new_job::check_size;
use crate::store::{self, Ack, HeldRow, Verdict};
use crate::wake::News;
use crate::{
    Claimed, Class, Ended, Fault, JobId, Outcome, Queue, QueueError, State, WorkerHandle, WorkerId,
};

/// Messages are cut to this many characters; the whole belongs in logs.
const MESSAGE_LIMIT: usize = 2000;

/// What became of a finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The row tells it now.
    Accepted,
    /// The fencing token was stale: nothing was written.
    Stale,
}

impl WorkerHandle {
    /// Writes the ends of attempts, in one transaction, and answers for each in order. After an
    /// error nothing was settled and the same call may be made again.
    pub async fn finish(&self, ends: &[(Claimed, Outcome)]) -> Result<Vec<Finished>, QueueError> {
        let (seed, now) = (self.queue().options().seed, self.queue().now());
        let acks: Vec<Ack> = ends
            .iter()
            .map(|(claimed, outcome)| ack(claimed, verdict(claimed, outcome, seed, now)))
            .collect();
        let finished = self
            .settle(ends.iter().map(|(claimed, _)| claimed), acks)
            .await?;
        measure(ends, &finished, now);
        Ok(finished)
    }

    /// Hands jobs back, unfinished and with the attempt not counted. `begun`: their bodies had
    /// begun, which is recorded.
    pub async fn give_back(&self, claimed: &[Claimed], begun: bool) -> Result<(), QueueError> {
        let acks = claimed.iter().map(|claimed| ack(claimed, released(begun)));
        self.settle(claimed.iter(), acks.collect()).await?;
        Ok(())
    }

    async fn settle<'a>(
        &self,
        claimed: impl Iterator<Item = &'a Claimed>,
        acks: Vec<Ack>,
    ) -> Result<Vec<Finished>, QueueError> {
        let queue = self.queue();
        let claimed: Vec<&Claimed> = claimed.collect();
        log::write(queue, claimed.iter().map(|claimed| claimed.held_by())).await?;
        let flows = claimed.iter().filter_map(|claimed| claimed.job().flow_id);
        let ends: Vec<(JobId, State)> =
            acks.iter().map(|ack| (ack.id, ack.verdict.state)).collect();
        let (accepted, moved) =
            store::finish(queue.pool(), acks, flows.collect(), queue.now()).await?;
        let accepted: HashSet<JobId> = accepted.into_iter().collect();
        let mut news = News::default();
        for moved in moved {
            moved.tell(&mut news);
        }
        let mut finished = Vec::with_capacity(ends.len());
        for (claimed, (id, state)) in claimed.into_iter().zip(ends) {
            claimed.settle();
            if !accepted.contains(&id) {
                finished.push(Finished::Stale);
                continue;
            }
            finished.push(Finished::Accepted);
            news.job(id);
            freed(claimed, &mut news);
            match state {
                State::Waiting => news.work(claimed.job().queue.clone(), claimed.head().clone()),
                State::Retrying | State::Scheduled => news.due(),
                _ => {}
            }
        }
        queue.wake().announce(news);
        Ok(finished)
    }
}

/// Tells of the limits that have room again.
fn freed(claimed: &Claimed, news: &mut News) {
    let (frees, head) = (claimed.frees(), claimed.head());
    if let Some(key) = head.lane.limit_key.as_ref().filter(|_| frees.key) {
        news.free(key);
    }
    if frees.queue {
        news.look(claimed.job().queue.clone());
    }
    if frees.all {
        news.free_all();
    }
}

/// Gives back rows of `worker` that it knows nothing of: their bodies never began.
pub(crate) async fn give_back_unknown(
    queue: &Queue,
    worker: WorkerId,
    unknown: Vec<HeldRow>,
) -> Result<(), QueueError> {
    if unknown.is_empty() {
        return Ok(());
    }
    tracing::warn!(
        count = unknown.len(),
        "giving back claims whose answer was lost"
    );
    let mut news = News::default();
    let mut acks = Vec::with_capacity(unknown.len());
    let flows = unknown.iter().filter_map(|row| row.flow_id).collect();
    for row in unknown {
        news.job(row.id);
        news.look(row.queue);
        news.free_all();
        acks.push(Ack {
            id: row.id,
            fence: row.fence,
            worker_id: worker,
            attempt: row.attempt,
            started_at: None,
            verdict: released(false),
        });
    }
    let (_, moved) = store::finish(queue.pool(), acks, flows, queue.now()).await?;
    for moved in moved {
        moved.tell(&mut news);
    }
    queue.wake().announce(news);
    Ok(())
}

fn ack(claimed: &Claimed, verdict: Verdict) -> Ack {
    Ack {
        id: claimed.job().id,
        fence: claimed.fence(),
        worker_id: claimed.worker_id(),
        attempt: claimed.job().attempt,
        started_at: claimed.job().started_at,
        verdict,
    }
}

fn released(begun: bool) -> Verdict {
    Verdict {
        unspent: true,
        ended: begun.then_some(Ended::Released),
        ..Verdict::to(State::Waiting)
    }
}

fn verdict(claimed: &Claimed, outcome: &Outcome, seed: u64, now: Time) -> Verdict {
    let failed = |state, ended, fault: &Fault, run_at| Verdict {
        run_at,
        ended: Some(ended),
        code: Some(cut(&fault.code)),
        message: Some(cut(&fault.message)),
        ..Verdict::to(state)
    };
    match outcome {
        Outcome::Done(output) => match check_size("output", output) {
            Ok(()) => Verdict {
                output: Some(output.clone()),
                ..Verdict::to(State::Done)
            },
            Err(error) => failed(State::Dead, Ended::Dead, &error.into(), None),
        },
        Outcome::Retry(fault) if claimed.job().attempt >= claimed.job().max_attempts => {
            failed(State::Dead, Ended::Dead, fault, None)
        }
        Outcome::Retry(fault) => {
            let by_policy = claimed.next_attempt(seed, now);
            let at = match fault.class {
                // The jitter comes on top, so that those who were told the same time spread out.
                Class::RateLimited { until } => by_policy.max(until + by_policy.since(now)),
                _ => by_policy,
            };
            failed(State::Retrying, Ended::Retried, fault, Some(at))
        }
        Outcome::Snooze { until, why } => Verdict {
            run_at: Some(*until),
            unspent: true,
            ended: Some(Ended::Snoozed),
            message: Some(cut(why)),
            ..Verdict::to(State::Scheduled)
        },
        Outcome::Cancelled(why) => Verdict {
            ended: Some(Ended::Cancelled),
            message: Some(cut(why)),
            ..Verdict::to(State::Cancelled)
        },
        Outcome::Dead(fault) => failed(State::Dead, Ended::Dead, fault, None),
    }
}

/// At most [`MESSAGE_LIMIT`] characters, and no NUL, which PostgreSQL's text cannot hold.
pub(crate) fn cut(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\0')
        .take(MESSAGE_LIMIT)
        .collect()
}

/// Counts a batch, asking for each metric once.
fn measure(ends: &[(Claimed, Outcome)], finished: &[Finished], now: Time) {
    let mut counts: HashMap<_, u64> = HashMap::new();
    let mut runs = HashMap::new();
    for ((claimed, outcome), finished) in ends.iter().zip(finished) {
        let job = claimed.job();
        let (queue, kind) = (job.queue.as_str(), job.kind.as_str());
        let outcome = match finished {
            Finished::Accepted => outcome.name(),
            Finished::Stale => "stale",
        };
        *counts.entry((queue, kind, outcome)).or_default() += 1;
        let run = runs.entry((queue, kind)).or_insert_with(|| {
            metrics::histogram!(
                "queue_job_run_seconds", "queue" => queue.to_owned(), "kind" => kind.to_owned(),
            )
        });
        let ran = job.started_at.map(|started| now.since(started));
        run.record(ran.unwrap_or_default().as_secs_f64());
    }
    for ((queue, kind, outcome), count) in counts {
        metrics::counter!(
            "queue_jobs_finished_total",
            "queue" => queue.to_owned(), "kind" => kind.to_owned(), "outcome" => outcome,
        )
        .increment(count);
    }
}
