//! How many jobs of a queue run at a time, over all workers.

use serde_json::json;

use super::Control;
use crate::{Actor, Deed, Queue, QueueError};

impl Queue {
    /// Sets how many jobs of a queue, or of all together, run at a time over all workers; none:
    /// as many as there are places. What runs already goes on.
    pub async fn limit_queue(
        &self,
        by: impl Into<Actor>,
        queue: &str,
        max_running: Option<u32>,
    ) -> Result<Control, QueueError> {
        let most = max_running
            .map(i32::try_from)
            .transpose()
            .map_err(|_| QueueError::Invalid {
                message: format!("the most that run at a time must be 0 to {}", i32::MAX),
            })?;
        self.control(by.into(), queue, move |row| {
            if row.max_running == most {
                return None;
            }
            let before = std::mem::replace(&mut row.max_running, most);
            let details = json!({ "max_running": most, "before": before });
            Some((Deed::LimitQueue, details))
        })
        .await
    }
}
