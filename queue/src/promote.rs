//! Scheduled and retrying jobs become waiting when they are due, to the moment.

use std::time::Duration;

use crate::wake::News;
use crate::{Queue, QueueError, store};

/// How many are made waiting in one statement.
const BATCH: usize = 500;
/// How long to wait after an error of the database.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// How soon to look again at due jobs that another process has in its hands.
const ANOTHER_LOOK: Duration = Duration::from_millis(50);

impl Queue {
    /// Makes every due job waiting, and answers how many.
    pub async fn promote_due(&self) -> Result<usize, QueueError> {
        let mut total = 0;
        loop {
            let promoted = store::promote(self.pool(), BATCH, self.now()).await?;
            let count = promoted.len();
            total += count;
            let mut news = News::default();
            for (id, queue) in promoted {
                news.job(id);
                news.work(queue);
            }
            self.wake().announce(news);
            if count < BATCH {
                return Ok(total);
            }
        }
    }
}

/// Promotes for ever: sleeps until the next job is due, or until one is scheduled earlier.
pub(crate) async fn keep(queue: Queue) {
    let mut scheduled = queue.wake().local().due();
    loop {
        scheduled.borrow_and_update();
        let wait = match look(&queue).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "due jobs could not be looked for");
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
        };
        tokio::select! {
            () = wait => {}
            changed = scheduled.changed() => if changed.is_err() { return },
        }
    }
}

/// Promotes what is due when anything is, and answers what to wait for.
async fn look(queue: &Queue) -> Result<futures::future::BoxFuture<'static, ()>, QueueError> {
    let now = queue.now();
    let mut next = next_due(queue).await?;
    if next.is_some_and(|next| next <= now) {
        queue.promote_due().await?;
        // What is still due is being promoted by another process.
        next = next_due(queue)
            .await?
            .map(|next| next.max(now + ANOTHER_LOOK));
    }
    let poll = now + queue.options().poll;
    Ok(queue
        .clock()
        .wait_until(next.map_or(poll, |next| next.min(poll))))
}

async fn next_due(queue: &Queue) -> Result<Option<db::Time>, QueueError> {
    let mut db = queue.pool().get().await?;
    Ok(store::next_due(&mut db).await?)
}
