//! Setting limits, and looking at them.

use serde_json::json;

use super::Limit;
use crate::acts::Target;
use crate::wake::News;
use crate::{Actor, Deed, Queue, QueueError, store};

impl Queue {
    /// Sets a limit, or changes the one of that name, for every claim that begins from now on.
    /// Jobs that run already go on, and count.
    pub async fn put_limit(&self, by: impl Into<Actor>, limit: Limit) -> Result<(), QueueError> {
        let (by, now) = (by.into(), self.now());
        by.operates()?;
        limit.check()?;
        let put = self.pool().tx::<_, QueueError, _>(move |db| {
            Box::pin(async move {
                store::put_limit(db, &limit, by.name(), now).await?;
                let (target, details) = (Target::Limit(&limit.name), json!(limit));
                by.did(db, Deed::SetLimit, target, details, now).await?;
                Ok(())
            })
        });
        put.await?;
        self.tell_of_limits();
        Ok(())
    }

    /// Removes a limit, and answers whether there was one.
    pub async fn delete_limit(&self, by: impl Into<Actor>, name: &str) -> Result<bool, QueueError> {
        let (by, name, now) = (by.into(), name.to_owned(), self.now());
        by.operates()?;
        let delete = self.pool().tx::<_, QueueError, _>(move |db| {
            Box::pin(async move {
                let deleted = store::delete_limit(db, &name).await?;
                if deleted {
                    let target = Target::Limit(&name);
                    by.did(db, Deed::DeleteLimit, target, json!({}), now)
                        .await?;
                }
                Ok(deleted)
            })
        });
        let deleted = delete.await?;
        self.tell_of_limits();
        Ok(deleted)
    }

    /// Every limit, by name.
    pub async fn limits(&self) -> Result<Vec<Limit>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::limits(&mut db).await?)
    }

    /// Whoever waits for a limit to open tries again.
    fn tell_of_limits(&self) {
        let mut news = News::default();
        news.free_all();
        self.wake().announce(news);
    }
}
