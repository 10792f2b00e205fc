//! How much waits, for metrics and autoscalers.

use std::time::Duration;

use serde::Serialize;

use crate::{Queue, QueueError, State, store};

/// How many jobs of one queue are in one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// The queue.
    pub queue: String,
    /// The state: any but done and cancelled.
    pub state: State,
    /// How many.
    pub count: u64,
    /// How long the oldest of them has been allowed to run; zero when it is not yet.
    pub oldest_age: Duration,
}

impl Queue {
    /// The depths of all queues. States without jobs are left out.
    pub async fn depths(&self) -> Result<Vec<Depth>, QueueError> {
        let mut db = self.pool().get().await?;
        let counted = store::depths(&mut db).await?;
        let now = self.now();
        let depth = |(queue, state, count, oldest): (String, State, i64, Option<db::Time>)| Depth {
            queue,
            state,
            count: count.unsigned_abs(),
            oldest_age: oldest.map_or(Duration::ZERO, |oldest| now.since(oldest)),
        };
        Ok(counted.into_iter().map(depth).collect())
    }
}
