//! Cancelling, by id.

use crate::wake::News;
use crate::{JobId, Queue, QueueError, Scope, store};

/// What became of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It did not run, and never will.
    Done,
    /// It runs; its body was asked to stop.
    Requested,
    /// It was done, cancelled or dead already.
    AlreadyFinished,
    /// The scope has no such job.
    NotFound,
}

impl Queue {
    /// Cancels a job, for the reason `why`. A running body is told within a second, in whatever
    /// process it runs.
    pub async fn cancel(&self, scope: Scope, id: JobId, why: &str) -> Result<Cancel, QueueError> {
        let (why, now) = (why.to_owned(), self.now());
        let (cancel, moved) = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move { Ok(store::cancel(db, scope, id, &why, now).await?) })
            })
            .await?;
        let mut news = News::default();
        for moved in moved {
            moved.tell(&mut news);
        }
        if matches!(cancel, Cancel::Done | Cancel::Requested) {
            news.job(id);
        }
        if cancel == Cancel::Requested {
            news.cancel();
        }
        self.wake().announce(news);
        Ok(cancel)
    }
}
