//! Group commit: concurrent single enqueues share commits, and each caller waits for its own.

use std::sync::Arc;

use db::{Kind, Pool};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Entry, commit, is_refusal};
use crate::wake::{News, Wake};
use crate::{Enqueued, QueueError};

/// The most jobs of one commit.
const MOST: usize = 1000;
/// Commits on their way at once on PostgreSQL: while one is flushed, the next is prepared.
const COMMITS: usize = 2;

/// Where one caller waits for its answer.
type Caller = oneshot::Sender<Result<Enqueued, QueueError>>;

struct Ask {
    entry: Entry,
    answer: Caller,
}

/// Gathers what comes while commits are on their way.
#[derive(Debug)]
pub(crate) struct GroupCommit {
    asks: mpsc::UnboundedSender<Ask>,
}

impl GroupCommit {
    pub(crate) fn start(pool: &Pool, wake: &Wake, stop: &CancellationToken) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        let committer = Committer {
            pool: pool.clone(),
            wake: wake.clone(),
        };
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(gather(asked, committer)),
        );
        Self { asks }
    }

    pub(crate) async fn enqueue(&self, entry: Entry) -> Result<Enqueued, QueueError> {
        let (answer, answered) = oneshot::channel();
        // Both channels close only when the runtime stops.
        let stopped = || QueueError::Stopped;
        let asked = self.asks.send(Ask { entry, answer });
        asked.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn gather(mut asked: mpsc::UnboundedReceiver<Ask>, committer: Committer) {
    let commits = match committer.pool.kind() {
        Kind::Postgres => COMMITS,
        Kind::Sqlite => 1,
    };
    let turns = Arc::new(Semaphore::new(commits));
    while let Some(first) = asked.recv().await {
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
            return;
        };
        let mut asks = vec![first];
        while asks.len() < MOST
            && let Ok(ask) = asked.try_recv()
        {
            asks.push(ask);
        }
        let committer = committer.clone();
        tokio::spawn(async move {
            committer.commit(asks).await;
            drop(turn);
        });
    }
}

#[derive(Clone)]
struct Committer {
    pool: Pool,
    wake: Wake,
}

impl Committer {
    async fn commit(&self, asks: Vec<Ask>) {
        let (entries, answers): (Vec<_>, Vec<_>) =
            asks.into_iter().map(|ask| (ask.entry, ask.answer)).unzip();
        // One that is refused must not take the others with it: then each is committed alone.
        let again = (entries.len() > 1).then(|| entries.clone());
        match (self.store(entries).await, again) {
            (Err(error), Some(entries)) if is_refusal(&error) => {
                for (caller, entry) in answers.into_iter().zip(entries) {
                    answer(vec![caller], self.store(vec![entry]).await);
                }
            }
            (stored, _) => answer(answers, stored),
        }
    }

    async fn store(&self, entries: Vec<Entry>) -> Result<Vec<Enqueued>, QueueError> {
        let mut news = News::default();
        let enqueued = commit(&self.pool, entries, &mut news).await?;
        self.wake.announce(news);
        Ok(enqueued)
    }
}

/// Tells every caller what became of its job. Telling fails when the caller has gone.
fn answer(callers: Vec<Caller>, stored: Result<Vec<Enqueued>, QueueError>) {
    match stored {
        Ok(enqueued) => {
            for (caller, enqueued) in callers.into_iter().zip(enqueued) {
                let _ = caller.send(Ok(enqueued));
            }
        }
        Err(error) => {
            for caller in callers {
                let _ = caller.send(Err(error.clone()));
            }
        }
    }
}
