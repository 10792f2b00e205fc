//! The ends of one backend's attempts, written in groups, and held on to while the database is
//! away.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::body::End;
use crate::{Claimed, Fault, Finished, Outcome, QueueError, WorkerHandle};

/// The most ends one statement writes.
const BATCH: usize = 500;
/// How long ends are gathered before they are written.
const GATHER: Duration = Duration::from_millis(2);
/// How long to wait after an error of the database; doubled up to the longest.
const AFTER_ERROR: Duration = Duration::from_millis(100);
const AFTER_ERROR_LONGEST: Duration = Duration::from_secs(5);

enum Message {
    End(Claimed, End),
    GiveBack(Vec<Claimed>),
    Flush(oneshot::Sender<()>),
}

/// Writes in the background. It ends with its last clone.
#[derive(Clone)]
pub(super) struct Finisher {
    out: mpsc::UnboundedSender<Message>,
}

impl Finisher {
    pub(super) fn start(handle: WorkerHandle) -> Self {
        let (out, messages) = mpsc::unbounded_channel();
        tokio::spawn(write(messages, handle));
        Self { out }
    }

    /// Takes the end of an attempt; it is written soon. The channel closes only when the runtime
    /// stops, and then the lease lapses and others go on.
    pub(super) fn end(&self, claimed: Claimed, end: End) {
        let _ = self.out.send(Message::End(claimed, end));
    }

    /// Takes jobs whose bodies never began.
    pub(super) fn give_back(&self, claimed: Vec<Claimed>) {
        let _ = self.out.send(Message::GiveBack(claimed));
    }

    /// Resolves when everything taken so far is written.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.out.send(Message::Flush(done)).is_ok() {
            let _ = written.await;
        }
    }
}

/// What is gathered for the next writes.
#[derive(Default)]
struct Gathered {
    ends: Vec<(Claimed, Outcome)>,
    released: Vec<Claimed>,
    unbegun: Vec<Claimed>,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Gathered {
    fn take(&mut self, message: Message) {
        match message {
            Message::End(claimed, End::Outcome(outcome)) => self.ends.push((claimed, outcome)),
            Message::End(claimed, End::Released) => self.released.push(claimed),
            // Dropping it says so to the lease.
            Message::End(claimed, End::Abandoned) => drop(claimed),
            Message::GiveBack(claimed) => self.unbegun.extend(claimed),
            Message::Flush(done) => self.flushes.push(done),
        }
    }

    fn is_full(&self) -> bool {
        self.ends.len() >= BATCH || !self.flushes.is_empty()
    }
}

async fn write(mut messages: mpsc::UnboundedReceiver<Message>, handle: WorkerHandle) {
    while let Some(first) = messages.recv().await {
        let mut gathered = Gathered::default();
        gathered.take(first);
        let until = tokio::time::Instant::now() + GATHER;
        while !gathered.is_full()
            && let Ok(Some(message)) = tokio::time::timeout_at(until, messages.recv()).await
        {
            gathered.take(message);
        }
        if !gathered.ends.is_empty() {
            write_ends(&handle, gathered.ends).await;
        }
        for (claimed, begun) in [(gathered.released, true), (gathered.unbegun, false)] {
            for batch in claimed.chunks(BATCH) {
                let mut pause = AFTER_ERROR;
                while let Err(error) = handle.give_back(batch, begun).await {
                    if !waited_out(&error, &mut pause).await {
                        break;
                    }
                }
            }
        }
        for done in gathered.flushes {
            let _ = done.send(());
        }
    }
}

/// Writes the batch. When the database refuses one of them for good, each is written alone, and
/// the refused one ends dead with the refusal: it would be refused every time.
async fn write_ends(handle: &WorkerHandle, ends: Vec<(Claimed, Outcome)>) {
    if written(handle, &ends).await {
        return;
    }
    for (claimed, outcome) in ends {
        let one = [(claimed, outcome)];
        if written(handle, &one).await {
            continue;
        }
        let [(claimed, _)] = one;
        let refused =
            Fault::permanent("output_refused", "the database refused to keep the outcome");
        let one = [(claimed, Outcome::Dead(refused))];
        written(handle, &one).await;
    }
}

/// Writes, and logs each end once.
async fn log(handle: &WorkerHandle, ends: &[(Claimed, Outcome)]) -> Result<(), QueueError> {
    let finished = handle.finish(ends).await?;
    for ((claimed, outcome), finished) in ends.iter().zip(finished) {
        let job = claimed.job();
        let (id, kind, attempt) = (job.id, job.kind.as_str(), job.attempt);
        match (finished, outcome) {
            (Finished::Stale, _) => {
                tracing::warn!(job.id = %id, job.kind = kind, job.attempt = attempt, "a stale attempt's end was refused");
            }
            (Finished::Accepted, Outcome::Retry(fault) | Outcome::Dead(fault)) => {
                tracing::warn!(job.id = %id, job.kind = kind, job.attempt = attempt, outcome = outcome.name(), code = %fault.code, "an attempt failed: {}", fault.message);
            }
            (Finished::Accepted, _) => {
                tracing::debug!(job.id = %id, job.kind = kind, job.attempt = attempt, outcome = outcome.name(), "an attempt ended");
            }
        }
    }
    Ok(())
}

/// Tries until the database answers; false: it refused for good.
async fn written(handle: &WorkerHandle, ends: &[(Claimed, Outcome)]) -> bool {
    let mut pause = AFTER_ERROR;
    while let Err(error) = log(handle, ends).await {
        if !waited_out(&error, &mut pause).await {
            return false;
        }
    }
    true
}

/// Waits when the error may pass; false: it will not.
async fn waited_out(error: &QueueError, pause: &mut Duration) -> bool {
    if !error.is_transient() {
        tracing::error!(%error, "the database refused the end of an attempt");
        return false;
    }
    tracing::warn!(%error, "ends of attempts wait for the database");
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(AFTER_ERROR_LONGEST);
    true
}
