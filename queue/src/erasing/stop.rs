//! Everything of a tenant's comes to its end: no tick makes another job, what waits is cancelled, and
//! what runs is told to stop.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::course::change;
use crate::store::{self, Moved};
use crate::wake::News;
use crate::{ActId, Cancel, FlowId, JobId, Queue, QueueError, Scope};

/// How many jobs one transaction cancels.
const BATCH: i64 = 100;

impl Queue {
    /// Deletes a tenant's schedules and cancels its unfinished jobs, for the reason `why`; the act of
    /// the erasing tells how many schedules it were. Jobs that are enqueued meanwhile stay: call it
    /// again once the caller enqueues none for the tenant any more.
    pub async fn stop_tenant(&self, act: ActId, tenant: Uuid, why: &str) -> Result<(), QueueError> {
        self.pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let (schedules, acts) = store::delete_schedules_of(db, tenant).await?;
                    change(db, act, |erasing| {
                        erasing.add("queue_schedules", schedules as u64);
                        erasing.add("queue_acts", acts as u64);
                    })
                    .await?;
                    Ok(())
                })
            })
            .await?;
        let mut after = None;
        loop {
            let batch = {
                let mut db = self.pool().get().await?;
                store::unfinished_of_tenant(&mut db, tenant, after, BATCH).await?
            };
            let Some((last, _)) = batch.last() else {
                return Ok(());
            };
            after = Some(*last);
            self.cancel_all(tenant, batch, why.to_owned()).await?;
        }
    }

    async fn cancel_all(
        &self,
        tenant: Uuid,
        batch: Vec<(JobId, Option<FlowId>)>,
        why: String,
    ) -> Result<(), QueueError> {
        let now = self.now();
        let (ended, moved) = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let flows: Vec<FlowId> = batch.iter().filter_map(|(_, flow)| *flow).collect();
                    store::lock_flows(db, &flows).await?;
                    let (mut ended, mut all) = (Vec::new(), Vec::<Moved>::new());
                    for (id, _) in batch {
                        let scope = Scope::Tenant(tenant);
                        let (cancel, moved) = store::cancel(db, scope, id, &why, now).await?;
                        ended.push((id, cancel));
                        all.extend(moved);
                    }
                    Ok((ended, all))
                })
            })
            .await?;
        let mut news = News::default();
        for moved in moved {
            moved.tell(&mut news);
        }
        for (id, cancel) in ended {
            news.job(id);
            if cancel == Cancel::Requested {
                news.cancel();
            }
        }
        self.wake().announce(news);
        Ok(())
    }

    /// Waits until no job of a tenant runs under a lease in force, and answers those that still do
    /// after `within`. A job whose worker fell silent does not count: its writes are refused once its
    /// row is gone, and what it left outside the database is the caller's to look for.
    pub async fn tenant_quiet(
        &self,
        tenant: Uuid,
        within: Duration,
    ) -> Result<Vec<JobId>, QueueError> {
        let until = Instant::now() + within;
        loop {
            let running = self.running_of(tenant).await?;
            let Some(first) = running.first().copied() else {
                return Ok(running);
            };
            let mut watch = self.watch(first);
            // What happened before the watch began is not told.
            let running = self.running_of(tenant).await?;
            if running.first() != Some(&first) {
                continue;
            }
            if timeout_at(until, watch.changed()).await.is_err() {
                return self.running_of(tenant).await;
            }
        }
    }

    async fn running_of(&self, tenant: Uuid) -> Result<Vec<JobId>, QueueError> {
        let now = self.now();
        let mut db = self.pool().get().await?;
        Ok(store::running_of_tenant(&mut db, tenant, now).await?)
    }
}
