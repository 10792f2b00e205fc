//! Reading acts, and forgetting old ones.

use db::Time;

use super::{Act, ActFilter, ActId};
use crate::{Page, Queue, QueueError, store};

impl Queue {
    /// What people did, newest first. For operators.
    pub async fn acts(
        &self,
        filter: &ActFilter,
        page: Page<ActId>,
    ) -> Result<Vec<Act>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::acts(&mut db, filter, page).await?)
    }

    /// Deletes up to `limit` acts from before `before`, the oldest first, and answers how many.
    pub async fn prune_acts(&self, before: Time, limit: usize) -> Result<usize, QueueError> {
        self.pool()
            .tx(move |db| Box::pin(async move { Ok(store::prune_acts(db, before, limit).await?) }))
            .await
    }
}
