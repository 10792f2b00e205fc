//! Enqueuing: rows, and news of them for whoever waits.

mod entry;
mod group;

use db::{Db, DbError, Kind, Pool};

pub(crate) use entry::Entry;
pub(crate) use group::GroupCommit;

use crate::wake::News;
use crate::{Enqueued, NewJob, Queue, QueueError, store};

impl Queue {
    /// Enqueues one job. Once this returns `Ok`, the job survives the death of everything.
    ///
    /// Calls that are made while another's commit is on its way share the next commit, so that
    /// many callers at once cost the disk little more than one. A call whose future is dropped
    /// may still enqueue.
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued, QueueError> {
        self.commits().enqueue(Entry::of(job, self.now())?).await
    }

    /// Enqueues many jobs in one transaction, and answers for each in order: all of them, or none.
    pub async fn enqueue_many(
        &self,
        jobs: impl IntoIterator<Item = NewJob>,
    ) -> Result<Vec<Enqueued>, QueueError> {
        let now = self.now();
        let entries: Result<Vec<_>, _> = jobs.into_iter().map(|job| Entry::of(job, now)).collect();
        let mut news = News::default();
        let enqueued = commit(self.pool(), entries?, &mut news).await?;
        self.wake().announce(news);
        Ok(enqueued)
    }
}

/// Inserts the jobs in the open transaction, and adds to `news` what to tell after its commit.
pub(crate) async fn all(
    db: &mut Db,
    entries: Vec<Entry>,
    news: &mut News,
) -> Result<Vec<Enqueued>, QueueError> {
    let told: Vec<_> = entries.iter().map(Entry::told).collect();
    let enqueued = store::insert_all(db, entries).await?;
    for (told, enqueued) in told.into_iter().zip(&enqueued) {
        told.tell(*enqueued, news);
    }
    Ok(enqueued)
}

/// Inserts the jobs in a transaction of their own.
async fn commit(
    pool: &Pool,
    entries: Vec<Entry>,
    news: &mut News,
) -> Result<Vec<Enqueued>, QueueError> {
    let one_statement = pool.kind() == Kind::Postgres && !entries.iter().any(Entry::is_keyed);
    if one_statement {
        return all(&mut *pool.writer().await?, entries, news).await;
    }
    let (enqueued, told) = pool
        .tx::<_, QueueError, _>(move |db| {
            Box::pin(async move {
                let mut news = News::default();
                Ok((all(db, entries, &mut news).await?, news))
            })
        })
        .await?;
    news.merge(told);
    Ok(enqueued)
}

/// Whether the database refused the jobs themselves, so that another batch may fare better.
fn is_refusal(error: &QueueError) -> bool {
    match error {
        QueueError::Db(DbError::Constraint { .. } | DbError::Query { .. }) => true,
        _ => !error.is_transient(),
    }
}
