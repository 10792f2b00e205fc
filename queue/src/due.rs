//! What is due is done to the moment: one loop for everything that waits for a time in a row.

use std::time::Duration;

use db::Time;
use futures::future::BoxFuture;

use crate::{Queue, QueueError};

/// How long to wait after an error of the database.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// How soon to look again at what is due and in another process' hands.
const ANOTHER_LOOK: Duration = Duration::from_millis(50);

/// Does what is due now, and answers when something is due next.
pub(crate) type Look = for<'q> fn(&'q Queue) -> BoxFuture<'q, Result<Option<Time>, QueueError>>;

/// Looks for ever: sleeps until something is due, or until there is news of what may be due
/// earlier. While nothing is, it costs one look a poll.
pub(crate) async fn keep(queue: Queue, look: Look) {
    let mut news = queue.wake().local().due();
    loop {
        news.borrow_and_update();
        let next = match look(&queue).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "what is due could not be looked for");
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
        };
        let now = queue.now();
        let poll = now + queue.options().poll;
        let until = next.map_or(poll, |next| next.max(now + ANOTHER_LOOK).min(poll));
        tokio::select! {
            () = queue.clock().wait_until(until) => {}
            changed = news.changed() => if changed.is_err() { return },
        }
    }
}
