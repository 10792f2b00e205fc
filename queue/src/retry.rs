//! Retrying what failed or was cancelled, by a person.

use serde_json::json;

use crate::acts::Target;
use crate::wake::News;
use crate::{Actor, Deed, JobId, Queue, QueueError, store};

/// How many attempts a retried job has at least.
pub(crate) const ALLOWANCE: i32 = 3;

/// What became of a request to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It waits again, or is blocked by what it needs.
    Done,
    /// It needs a job that failed: retry that one.
    NeedsFailed,
    /// It is neither dead nor cancelled.
    NotFailed,
    /// Another unfinished job has taken its unique key.
    Superseded,
    /// The actor's scope has no such job.
    NotFound,
}

impl Queue {
    /// Makes a dead or cancelled job wait again. Its attempts go on counting, with at least three
    /// more allowed, and its fence moves on: what an old attempt still tries to write is refused.
    ///
    /// In a flow, jobs that were cancelled because this one failed are blocked again. One whose
    /// own needs are not finished is blocked until they are; one whose needs failed is refused.
    pub async fn retry(&self, by: impl Into<Actor>, id: JobId) -> Result<Retried, QueueError> {
        let (by, now) = (by.into(), self.now());
        let result = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let retried = store::retry(db, by.scope(), id, ALLOWANCE, now).await?;
                    if let Ok(moved) = &retried {
                        // Itself, and those that come back with it.
                        let details = json!({ "moved": moved.len() });
                        by.did(db, Deed::RetryJob, Target::Job(id), details, now)
                            .await?;
                    }
                    Ok(retried)
                })
            })
            .await;
        match result {
            Ok(Ok(moved)) => {
                let mut news = News::default();
                for moved in moved {
                    moved.tell(&mut news);
                }
                self.wake().announce(news);
                Ok(Retried::Done)
            }
            Ok(Err(refusal)) => Ok(refusal),
            Err(QueueError::Db(error)) if error.is_unique("unique_key") => Ok(Retried::Superseded),
            Err(error) => Err(error),
        }
    }
}
