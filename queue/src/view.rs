//! Reading jobs.

use crate::{Attempt, Filter, Job, JobId, Page, Queue, QueueError, Scope, store};

impl Queue {
    /// One job of the scope.
    pub async fn job(&self, scope: Scope, id: JobId) -> Result<Option<Job>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::job(&mut db, scope, id).await?)
    }

    /// The scope's jobs, newest first. See [`Queue::search`] for filters that must look far.
    pub async fn jobs(
        &self,
        scope: Scope,
        filter: &Filter,
        page: Page,
    ) -> Result<Vec<Job>, QueueError> {
        filter.check()?;
        let mut db = self.pool().get().await?;
        Ok(store::jobs(&mut db, scope, filter, page, None).await?)
    }

    /// Those of the scope's jobs that `ids` names, in any order. At most as many as a page holds.
    pub async fn jobs_by_id(&self, scope: Scope, ids: &[JobId]) -> Result<Vec<Job>, QueueError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut db = self.pool().get().await?;
        Ok(store::jobs_by_id(&mut db, scope, ids).await?)
    }

    /// The attempts of one job that were not done, oldest first; none when the scope has no such
    /// job.
    pub async fn attempts(&self, scope: Scope, id: JobId) -> Result<Vec<Attempt>, QueueError> {
        let mut db = self.pool().get().await?;
        if store::job(&mut db, scope, id).await?.is_none() {
            return Ok(Vec::new());
        }
        Ok(store::attempts(&mut db, id).await?)
    }
}
