//! Setting limits, and looking at them.

use super::Limit;
use crate::wake::News;
use crate::{Queue, QueueError, store};

impl Queue {
    /// Sets a limit, or changes the one of that name, for every claim that begins from now on.
    /// Jobs that run already go on, and count. `by` is whoever did it.
    pub async fn put_limit(&self, limit: &Limit, by: &str) -> Result<(), QueueError> {
        limit.check()?;
        let now = self.now();
        let mut db = self.pool().writer().await?;
        store::put_limit(&mut db, limit, by, now).await?;
        drop(db);
        self.told_of_limits();
        Ok(())
    }

    /// Removes a limit, and answers whether there was one.
    pub async fn delete_limit(&self, name: &str) -> Result<bool, QueueError> {
        let mut db = self.pool().writer().await?;
        let deleted = store::delete_limit(&mut db, name).await?;
        drop(db);
        self.told_of_limits();
        Ok(deleted)
    }

    /// Every limit, by name.
    pub async fn limits(&self) -> Result<Vec<Limit>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::limits(&mut db).await?)
    }

    /// Whoever waits for a limit to open tries again.
    fn told_of_limits(&self) {
        let mut news = News::default();
        news.free_all();
        self.wake().announce(news);
    }
}
