//! Scheduled and retrying jobs become waiting when they are due.

use db::Time;
use futures::future::BoxFuture;

use crate::wake::News;
use crate::{Queue, QueueError, store};

/// How many are made waiting in one statement.
const BATCH: usize = 500;

impl Queue {
    /// Makes every due job waiting, and answers how many.
    pub async fn promote_due(&self) -> Result<usize, QueueError> {
        let mut total = 0;
        loop {
            let promoted = store::promote(self.pool(), BATCH, self.now()).await?;
            let count = promoted.len();
            total += count;
            let mut news = News::default();
            for (id, queue, head) in promoted {
                news.job(id);
                news.work(queue, head);
            }
            self.wake().announce(news);
            if count < BATCH {
                return Ok(total);
            }
        }
    }
}

/// Promotes what is due when anything is, and answers when the next job is.
pub(crate) fn look(queue: &Queue) -> BoxFuture<'_, Result<Option<Time>, QueueError>> {
    Box::pin(async move {
        let next = next_due(queue).await?;
        if next.is_none_or(|next| next > queue.now()) {
            return Ok(next);
        }
        queue.promote_due().await?;
        next_due(queue).await
    })
}

async fn next_due(queue: &Queue) -> Result<Option<Time>, QueueError> {
    let mut db = queue.pool().get().await?;
    Ok(store::next_due(&mut db).await?)
}
