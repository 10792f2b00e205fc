//! Cancelling, by id.

use serde_json::json;

use crate::acts::Target;
use crate::wake::News;
use crate::{Actor, Deed, JobId, Queue, QueueError, store};

/// What became of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It did not run, and never will.
    Done,
    /// It runs; its body was asked to stop.
    Requested,
    /// It was done, cancelled or dead already.
    AlreadyFinished,
    /// The actor's scope has no such job.
    NotFound,
}

impl Queue {
    /// Cancels a job, for the reason `why`. A running body is told within a second, in whatever
    /// process it runs.
    pub async fn cancel(
        &self,
        by: impl Into<Actor>,
        id: JobId,
        why: &str,
    ) -> Result<Cancel, QueueError> {
        let (by, why, now) = (by.into(), why.to_owned(), self.now());
        let (cancel, moved) = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let (cancel, moved) = store::cancel(db, by.scope(), id, &why, now).await?;
                    if matches!(cancel, Cancel::Done | Cancel::Requested) {
                        let details = json!({ "why": why, "ran": cancel == Cancel::Requested });
                        by.did(db, Deed::CancelJob, Target::Job(id), details, now)
                            .await?;
                    }
                    Ok((cancel, moved))
                })
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
