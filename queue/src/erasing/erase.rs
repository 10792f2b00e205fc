//! The rows of a tenant's jobs, with all that hangs on them, and what tells of the tenant elsewhere.

use db::{Db, DbError, Time};
use serde::Serialize;
use uuid::Uuid;

use super::course::{Erasing, change};
use crate::{ActId, Effect, Queue, QueueError, store};

/// How many jobs one transaction erases.
const BATCH: i64 = 200;
/// How many effects that were given up are named.
const NAMED: usize = 100;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ErasedTenant {
    /// Nothing is left.
    Gone,
    /// Jobs are left that run, or that came meanwhile: stop the tenant, and erase again.
    Left,
    /// These may or may not have happened outside, and were not to be given up. They and their jobs
    /// are left.
    Unsettled(Vec<Effect>),
}

/// One batch.
enum Batch {
    Erased(usize),
    Unsettled(Vec<Effect>),
}

impl Queue {
    /// Erases a tenant's jobs with their attempts, logs, edges and effects, its schedules, and every act
    /// and key that names it or one of these, but for the acts of its erasing. Each batch is one
    /// transaction, in which the act tells how many it were. Jobs that run under a lease in force are
    /// left; an effect without an end keeps its job, unless `abandon`.
    pub async fn erase_tenant(
        &self,
        act: ActId,
        tenant: Uuid,
        abandon: bool,
    ) -> Result<ErasedTenant, QueueError> {
        let now = self.now();
        loop {
            let batch = self
                .pool()
                .tx::<_, QueueError, _>(move |db| {
                    Box::pin(async move { Ok(batch(db, act, tenant, abandon, now).await?) })
                })
                .await?;
            match batch {
                Batch::Erased(0) => break,
                Batch::Erased(_) => {}
                Batch::Unsettled(effects) => return Ok(ErasedTenant::Unsettled(effects)),
            }
        }
        self.pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move { Ok(rest(db, act, tenant).await?) })
            })
            .await
    }
}

async fn batch(
    db: &mut Db,
    act: ActId,
    tenant: Uuid,
    abandon: bool,
    now: Time,
) -> Result<Batch, DbError> {
    let jobs = store::hold_idle_of_tenant(db, tenant, now, BATCH).await?;
    if jobs.is_empty() {
        return Ok(Batch::Erased(0));
    }
    let open = store::open_effects_of(db, &jobs).await?;
    if !open.is_empty() && !abandon {
        return Ok(Batch::Unsettled(open));
    }
    let acts = store::delete_acts_on_jobs(db, &jobs).await?;
    let erased = store::delete_jobs(db, &jobs).await?;
    change(db, act, |erasing| {
        erasing.add("queue_jobs", erased as u64);
        erasing.add("queue_acts", acts as u64);
        give_up(erasing, open);
    })
    .await?;
    metrics::counter!("queue_jobs_erased_total").increment(erased as u64);
    Ok(Batch::Erased(erased))
}

fn give_up(erasing: &mut Erasing, open: Vec<Effect>) {
    erasing.add("abandoned_effects", open.len() as u64);
    let room = NAMED.saturating_sub(erasing.abandoned.len());
    let tokens = open.into_iter().map(|effect| effect.token).take(room);
    erasing.abandoned.extend(tokens);
}

/// Schedules that came meanwhile, keys, and acts: once no job is left, nobody writes more of them.
async fn rest(db: &mut Db, act: ActId, tenant: Uuid) -> Result<ErasedTenant, DbError> {
    let (schedules, acts) = store::delete_schedules_of(db, tenant).await?;
    let keys = store::delete_keys_of(db, tenant).await?;
    let acts = acts + store::delete_acts_of(db, tenant).await?;
    change(db, act, |erasing| {
        erasing.add("queue_schedules", schedules as u64);
        erasing.add("queue_keys", keys as u64);
        erasing.add("queue_acts", acts as u64);
    })
    .await?;
    let left = store::jobs_of_tenant(db, tenant, None, 1).await?;
    Ok(if left.is_empty() && schedules == 0 {
        ErasedTenant::Gone
    } else {
        ErasedTenant::Left
    })
}
