//! The fencing token of one attempt, and what its body writes under it.

use std::sync::Arc;

use db::{Db, DbError};
use futures::future::BoxFuture;

use crate::held::{Stop, StopReason};
use crate::log::Logbook;
use crate::worker::Shared;
use crate::{JobId, Queue, QueueError, Tx, store};

/// What an attempt holds its job by. Cloning it is cheap.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    pub(crate) queue: Queue,
    pub(crate) worker: Arc<Shared>,
    pub(crate) id: JobId,
    pub(crate) token: i64,
    pub(crate) stop: Arc<Stop>,
    pub(crate) log: Arc<Logbook>,
}

impl Fence {
    /// Runs one statement that answers whether the token held. When it did not, the body is told
    /// to stop and the answer is [`QueueError::LeaseLost`].
    pub(crate) async fn write<F>(&self, statement: F) -> Result<(), QueueError>
    where
        F: for<'c> FnOnce(&'c mut Db, JobId, i64) -> BoxFuture<'c, Result<bool, DbError>> + Send,
    {
        let mut db = self.queue.pool().writer().await?;
        if statement(&mut db, self.id, self.token).await? {
            return Ok(());
        }
        Err(self.lost())
    }

    /// Runs `body` in a transaction in which the job cannot be taken back. See
    /// [`crate::Context::fenced_tx`].
    pub(crate) async fn tx<R, E, F>(&self, body: F) -> Result<R, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> BoxFuture<'t, Result<R, E>> + Send + 'static,
        E: From<QueueError> + From<DbError> + Send + 'static,
        R: Send + 'static,
    {
        let fence = self.clone();
        self.queue
            .transaction(move |tx| {
                Box::pin(async move {
                    if !store::lock_fence(tx.db(), fence.id, fence.token).await? {
                        return Err(fence.lost().into());
                    }
                    body(tx).await
                })
            })
            .await
    }

    /// Writes the lines that the table does not have yet, if there are any. Those of an attempt
    /// that lost its job are let go.
    pub(crate) async fn write_log(&self) -> Result<(), QueueError> {
        let lines = self.log.unwritten();
        let Some(last) = lines.last().map(|line| line.seq) else {
            return Ok(());
        };
        let (id, token) = (self.id, self.token);
        let held = self
            .queue
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move { Ok(store::append_log(db, (id, token), &lines).await?) })
            })
            .await;
        match held {
            Ok(held) => {
                self.log.settled(last);
                if held { Ok(()) } else { Err(self.lost()) }
            }
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                tracing::error!(%error, job.id = %self.id, "the database refused lines of a job's log");
                self.log.settled(last);
                Ok(())
            }
        }
    }

    /// Tells the body to stop, and what for.
    pub(crate) fn lost(&self) -> QueueError {
        self.stop.fire(StopReason::LeaseLost);
        QueueError::LeaseLost
    }
}
