//! Pausing a queue, and resuming it.

use serde_json::json;

use super::Control;
use crate::{Actor, Deed, Queue, QueueError};

impl Queue {
    /// Stops the claims of a queue, or of all ([`crate::ALL_QUEUES`]), in every process. Jobs that
    /// run go on, and what is enqueued waits. A queue is paused while either says so.
    pub async fn pause_queue(
        &self,
        by: impl Into<Actor>,
        queue: &str,
    ) -> Result<Control, QueueError> {
        self.stop_claims(by.into(), queue, Deed::PauseQueue).await
    }

    /// Lets the claims of a queue, or of all, go on. Workers are told, and begin at once.
    pub async fn resume_queue(
        &self,
        by: impl Into<Actor>,
        queue: &str,
    ) -> Result<Control, QueueError> {
        self.control(by.into(), queue, |row| {
            let since = row.paused_at.take()?;
            row.paused_by = None;
            Some((Deed::ResumeQueue, json!({ "paused_at": since })))
        })
        .await
    }

    pub(super) async fn stop_claims(
        &self,
        by: Actor,
        queue: &str,
        deed: Deed,
    ) -> Result<Control, QueueError> {
        let (now, name) = (self.now(), by.name().to_owned());
        self.control(by, queue, move |row| {
            if row.paused_at.is_some() {
                return None;
            }
            row.paused_at = Some(now);
            row.paused_by = Some(name);
            Some((deed, json!({})))
        })
        .await
    }
}
