//! The ends of one backend's attempts, written in groups, and held on to while the database is
//! away.

use std::time::Duration;

use db::Time;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::BATCH;
use super::body::End;
use crate::pause::Pause;
use crate::{Claimed, Fault, Finished, Outcome, QueueError, WorkerHandle};

/// How long ends are gathered before they are written.
const GATHER: Duration = Duration::from_millis(2);
/// How many writes are on their way at once: one is at work while another waits for the disk.
const WRITES: usize = 2;

enum Message {
    End(Box<(Claimed, End)>),
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
        let _ = self.out.send(Message::End(Box::new((claimed, end))));
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
            Message::End(ended) => match *ended {
                (claimed, End::Outcome(outcome)) => self.ends.push((claimed, outcome)),
                (claimed, End::Released) => self.released.push(claimed),
                // Dropping it says so to the lease.
                (claimed, End::Abandoned) => drop(claimed),
            },
            Message::GiveBack(claimed) => self.unbegun.extend(claimed),
            Message::Flush(done) => self.flushes.push(done),
        }
    }

    fn is_full(&self) -> bool {
        self.ends.len() >= BATCH || !self.flushes.is_empty()
    }

    async fn write(self, handle: WorkerHandle) {
        if !self.ends.is_empty() {
            write_ends(&handle, self.ends).await;
        }
        for (claimed, begun) in [(self.released, true), (self.unbegun, false)] {
            for batch in claimed.chunks(BATCH) {
                answered(|| handle.give_back(batch, begun)).await;
            }
        }
    }
}

async fn write(mut messages: mpsc::UnboundedReceiver<Message>, handle: WorkerHandle) {
    let mut writes = JoinSet::new();
    while let Some(first) = messages.recv().await {
        let mut gathered = Gathered::default();
        gathered.take(first);
        let until = tokio::time::Instant::now() + GATHER;
        while !gathered.is_full()
            && let Ok(Some(message)) = tokio::time::timeout_at(until, messages.recv()).await
        {
            gathered.take(message);
        }
        while writes.len() >= WRITES {
            writes.join_next().await;
        }
        let flushes = std::mem::take(&mut gathered.flushes);
        writes.spawn(gathered.write(handle.clone()));
        if !flushes.is_empty() {
            while writes.join_next().await.is_some() {}
        }
        for done in flushes {
            let _ = done.send(());
        }
    }
    while writes.join_next().await.is_some() {}
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

/// Writes and logs; false: the database refused for good.
async fn written(handle: &WorkerHandle, ends: &[(Claimed, Outcome)]) -> bool {
    let Some(finished) = answered(|| handle.finish(ends)).await else {
        return false;
    };
    let now = handle.queue().now();
    for ((claimed, outcome), finished) in ends.iter().zip(finished) {
        log(claimed, outcome, finished, now);
    }
    true
}

/// Logs an end once: here, where panics, time-outs and stale ends are known as well.
fn log(claimed: &Claimed, outcome: &Outcome, finished: Finished, now: Time) {
    let started_at = claimed.job().started_at;
    let ran = started_at.map_or(Duration::ZERO, |start| now.since(start));
    let duration_ms = u64::try_from(ran.as_millis()).unwrap_or(u64::MAX);
    let _entered = claimed.span().enter();
    let said = outcome.name();
    match (finished, outcome) {
        (Finished::Stale, _) => {
            tracing::warn!(
                outcome = said,
                duration_ms,
                "a stale attempt's end was refused"
            );
        }
        (Finished::Accepted, Outcome::Retry(fault) | Outcome::Dead(fault)) => {
            tracing::warn!(outcome = said, duration_ms, code = %fault.code, error = %fault.message, "an attempt failed");
        }
        (Finished::Accepted, _) => {
            tracing::info!(outcome = said, duration_ms, "an attempt ended");
        }
    }
}

/// Calls until the database answers; none: it refused for good.
async fn answered<T, F>(call: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, QueueError>>,
{
    let mut pause = Pause::new();
    loop {
        match call().await {
            Ok(answer) => return Some(answer),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "ends of attempts wait for the database");
                pause.wait().await;
            }
            Err(error) => {
                tracing::error!(%error, "the database refused the end of an attempt");
                return None;
            }
        }
    }
}
