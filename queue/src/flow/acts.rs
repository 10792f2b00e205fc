//! What is done to whole flows.

use serde_json::json;

use crate::acts::Target;
use crate::wake::News;
use crate::{Actor, Deed, FlowId, Queue, QueueError, store};

/// What became of the unfinished jobs of a flow that was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CancelledFlow {
    /// So many did not run and never will.
    pub done: usize,
    /// So many run; their bodies were asked to stop.
    pub requested: usize,
}

impl Queue {
    /// Cancels every unfinished job of a flow, for the reason `why`; none when the actor's scope
    /// has no such flow.
    pub async fn cancel_flow(
        &self,
        by: impl Into<Actor>,
        id: FlowId,
        why: &str,
    ) -> Result<Option<CancelledFlow>, QueueError> {
        let (by, why, now) = (by.into(), why.to_owned(), self.now());
        let cancelled = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let cancelled = store::cancel_flow(db, by.scope(), id, &why, now).await?;
                    if let Some((count, jobs)) = &cancelled
                        && !jobs.is_empty()
                    {
                        let details = json!({
                            "why": why, "cancelled": count.done, "requested": count.requested,
                        });
                        by.did(db, Deed::CancelFlow, Target::Flow(id), details, now)
                            .await?;
                    }
                    Ok(cancelled)
                })
            })
            .await?;
        let Some((cancelled, jobs)) = cancelled else {
            return Ok(None);
        };
        let mut news = News::default();
        for job in jobs {
            news.job(job);
        }
        if cancelled.requested > 0 {
            news.cancel();
        }
        self.wake().announce(news);
        Ok(Some(cancelled))
    }

    /// Judges up to `limit` blocked jobs for which nothing more will happen by itself, and answers
    /// how many moved. Jobs move in the transaction that ends what they need, so there is never
    /// one, unless rows were changed by other hands: it is a net below the net.
    pub async fn unblock(&self, limit: usize) -> Result<usize, QueueError> {
        let now = self.now();
        let moved = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move { Ok(store::unblock(db, limit, now).await?) })
            })
            .await?;
        let mut news = News::default();
        for moved in &moved {
            moved.tell(&mut news);
        }
        self.wake().announce(news);
        Ok(moved.len())
    }
}
