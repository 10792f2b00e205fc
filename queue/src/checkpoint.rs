//! Checkpoints: what a long body has reached, for the attempt that goes on.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::held::{Stop, StopReason};
use crate::new_job::check_size;
use crate::{JobId, Queue, QueueError, store};

/// What a job keeps between its attempts. It goes when the job is done or cancelled.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    queue: Queue,
    id: JobId,
    fence: i64,
    stop: Arc<Stop>,
}

impl Checkpoint {
    pub(crate) fn new(queue: Queue, id: JobId, fence: i64, stop: Arc<Stop>) -> Self {
        Self {
            queue,
            id,
            fence,
            stop,
        }
    }

    /// What an attempt saved last; none when none did.
    pub async fn load<T: DeserializeOwned>(&self) -> Result<Option<T>, QueueError> {
        let mut db = self.queue.pool().get().await?;
        let saved = store::read_checkpoint(&mut db, self.id).await?;
        saved
            .map(serde_json::from_value)
            .transpose()
            .map_err(|error| unreadable(&error))
    }

    /// Saves it, if the lease still holds; otherwise [`QueueError::LeaseLost`], and the body is
    /// told to stop.
    pub async fn save<T: Serialize>(&self, reached: &T) -> Result<(), QueueError> {
        let value = serde_json::to_value(reached).map_err(|error| unreadable(&error))?;
        check_size("checkpoint", &value)?;
        let pool = self.queue.pool();
        let _turn = pool.writer_turn().await?;
        let mut db = pool.get().await?;
        if store::write_checkpoint(&mut db, self.id, self.fence, value).await? {
            Ok(())
        } else {
            self.stop.fire(StopReason::LeaseLost);
            Err(QueueError::LeaseLost)
        }
    }
}

fn unreadable(error: &serde_json::Error) -> QueueError {
    QueueError::Document {
        what: "checkpoint",
        message: error.to_string(),
    }
}
