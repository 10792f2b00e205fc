//! What the engine has of a tenant.

use serde::Serialize;
use uuid::Uuid;

use crate::{Effect, JobId, Queue, QueueError, store};

/// How much there is of a tenant's.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TenantHeld {
    /// Jobs, finished or not.
    pub jobs: u64,
    /// Those of them that are not finished.
    pub unfinished: u64,
    /// Schedules.
    pub schedules: u64,
    /// Acts of the tenant itself.
    pub acts: u64,
    /// What may or may not have happened outside, the first hundred.
    pub unsettled: Vec<Effect>,
}

impl Queue {
    /// What there is of a tenant's. For operators.
    pub async fn tenant_held(&self, tenant: Uuid) -> Result<TenantHeld, QueueError> {
        let mut db = self.pool().get().await?;
        let [jobs, unfinished, schedules, acts] = store::held_of_tenant(&mut db, tenant).await?;
        Ok(TenantHeld {
            jobs: jobs.unsigned_abs(),
            unfinished: unfinished.unsigned_abs(),
            schedules: schedules.unsigned_abs(),
            acts: acts.unsigned_abs(),
            unsettled: store::unsettled_of_tenant(&mut db, tenant).await?,
        })
    }

    /// A page of a tenant's jobs by their ids, the oldest first, from behind `after` on.
    pub async fn tenant_jobs(
        &self,
        tenant: Uuid,
        after: Option<JobId>,
        limit: u16,
    ) -> Result<Vec<JobId>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(store::jobs_of_tenant(&mut db, tenant, after, i64::from(limit)).await?)
    }
}
