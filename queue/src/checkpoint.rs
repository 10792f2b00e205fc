//! Checkpoints: what a long body has reached, for the attempt that goes on.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fence::Fence;
use crate::new_job::check_size;
use crate::{QueueError, store};

/// What a job keeps between its attempts. It goes when the job is done or cancelled.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    fence: Fence,
}

impl Checkpoint {
    pub(crate) fn new(fence: Fence) -> Self {
        Self { fence }
    }

    /// What an attempt saved last; none when none did.
    pub async fn load<T: DeserializeOwned>(&self) -> Result<Option<T>, QueueError> {
        let mut db = self.fence.queue.pool().get().await?;
        let saved = store::read_checkpoint(&mut db, self.fence.id).await?;
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
        self.fence
            .write(|db, id, token| Box::pin(store::write_checkpoint(db, id, token, value)))
            .await
    }
}

fn unreadable(error: &serde_json::Error) -> QueueError {
    QueueError::Document {
        what: "checkpoint",
        message: error.to_string(),
    }
}
