//! Forgetting old ticks.

use db::Time;

use crate::{Queue, QueueError, store};

impl Queue {
    /// Deletes up to `limit` records of ticks that made their job before `before`, the oldest
    /// first, and answers how many. Each schedule keeps its newest. A clock that is set back
    /// beyond `before` could repeat what is forgotten, so keep a week at least.
    pub async fn prune_ticks(&self, before: Time, limit: usize) -> Result<usize, QueueError> {
        self.pool()
            .tx(move |db| Box::pin(async move { Ok(store::prune_ticks(db, before, limit).await?) }))
            .await
    }
}
