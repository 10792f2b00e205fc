//! What a tenant has in the engine's tables, and its end.

use db::{Db, DbError, Document, Time};
use diesel::dsl::{exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::effects::{EffectRow, open};
use super::row::TenantKey;
use super::schema::{
    queue_acts, queue_effects, queue_gates, queue_jobs, queue_schedules, queue_unique_windows,
    queue_workers,
};
use super::workers::running;
use crate::{ActId, Deed, Effect, FlowId, JobId, ScheduleId, State};

/// How many effects are named at a time.
const NAMED: i64 = 100;

/// A job with its flow, if it is of one.
pub(crate) type OfFlow = (JobId, Option<FlowId>);

/// The jobs of a tenant, those of them that are unfinished, its schedules and its own acts: how many.
pub(crate) async fn held_of_tenant(db: &mut Db, tenant: Uuid) -> Result<[i64; 4], DbError> {
    let tenant = TenantKey(tenant);
    let jobs = queue_jobs::table.filter(queue_jobs::tenant_id.eq(tenant));
    let unfinished = jobs.filter(queue_jobs::finished_at.is_null()).count();
    let jobs = jobs.count();
    let schedules = queue_schedules::table
        .filter(queue_schedules::tenant_id.eq(tenant))
        .count();
    let acts = queue_acts::table
        .filter(queue_acts::tenant_id.eq(tenant))
        .count();
    Ok(db::on!(db, conn => [
        jobs.get_result(conn).await?,
        unfinished.get_result(conn).await?,
        schedules.get_result(conn).await?,
        acts.get_result(conn).await?,
    ]))
}

/// Jobs of a tenant behind `after`, the oldest first.
pub(crate) async fn jobs_of_tenant(
    db: &mut Db,
    tenant: Uuid,
    after: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobId>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::tenant_id.eq(TenantKey(tenant)))
        .filter(queue_jobs::id.gt(after.unwrap_or(JobId(Uuid::nil()))))
        .order(queue_jobs::id)
        .limit(limit)
        .select(queue_jobs::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Those of them that are not finished.
pub(crate) async fn unfinished_of_tenant(
    db: &mut Db,
    tenant: Uuid,
    after: Option<JobId>,
    limit: i64,
) -> Result<Vec<OfFlow>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::tenant_id.eq(TenantKey(tenant)))
        .filter(queue_jobs::finished_at.is_null())
        .filter(queue_jobs::id.gt(after.unwrap_or(JobId(Uuid::nil()))))
        .order(queue_jobs::id)
        .limit(limit)
        .select((queue_jobs::id, queue_jobs::flow_id));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// It runs, and the lease of its worker is in force at `now`.
#[diesel::dsl::auto_type]
fn is_held(now: Time) -> _ {
    let lease = queue_workers::table
        .filter(queue_workers::id.nullable().eq(queue_jobs::worker_id))
        .filter(queue_workers::lease_until.gt(now));
    let runs: SqlLiteral<Bool> = running();
    runs.and(exists(lease))
}

/// Jobs of a tenant that run under a lease in force, the oldest first.
pub(crate) async fn running_of_tenant(
    db: &mut Db,
    tenant: Uuid,
    now: Time,
) -> Result<Vec<JobId>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::tenant_id.eq(TenantKey(tenant)))
        .filter(is_held(now))
        .order(queue_jobs::id)
        .select(queue_jobs::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Up to `limit` jobs of a tenant that nobody runs, held until the caller's transaction ends.
pub(crate) async fn hold_idle_of_tenant(
    db: &mut Db,
    tenant: Uuid,
    now: Time,
    limit: i64,
) -> Result<Vec<OfFlow>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::tenant_id.eq(TenantKey(tenant)))
        .filter(not(is_held(now)))
        .order(queue_jobs::id)
        .limit(limit)
        .select((queue_jobs::id, queue_jobs::flow_id));
    let found: Vec<OfFlow> = db::on!(db, conn => query.load(conn).await)?;
    let Db::Pg(conn) = db else {
        // The transaction already holds SQLite's one write lock.
        return Ok(found);
    };
    // Locks on flows come before all locks on rows.
    let flows: Vec<FlowId> = found.iter().filter_map(|(_, flow)| *flow).collect();
    super::postgres::lock_flows(conn, &flows).await?;
    let ids: Vec<JobId> = found.iter().map(|(id, _)| *id).collect();
    let query = queue_jobs::table
        .filter(queue_jobs::id.eq_any(ids))
        .filter(not(is_held(now)))
        .order(queue_jobs::id)
        .select((queue_jobs::id, queue_jobs::flow_id))
        .for_update();
    Ok(query.load(conn).await?)
}

/// What may or may not have happened of what these jobs meant to do outside.
pub(crate) async fn open_effects_of(db: &mut Db, jobs: &[OfFlow]) -> Result<Vec<Effect>, DbError> {
    let ids: Vec<JobId> = jobs.iter().map(|(id, _)| *id).collect();
    let query = queue_effects::table
        .inner_join(queue_jobs::table)
        .filter(queue_effects::job_id.eq_any(ids))
        .filter(open())
        .order((queue_effects::job_id, queue_effects::key))
        .select((queue_effects::all_columns, queue_jobs::state));
    let rows: Vec<(EffectRow, State)> = db::on!(db, conn => query.load(conn).await)?;
    let effects = rows.into_iter();
    Ok(effects.map(|(row, state)| row.into_effect(state)).collect())
}

/// The same of all jobs of a tenant: the first hundred.
pub(crate) async fn unsettled_of_tenant(db: &mut Db, tenant: Uuid) -> Result<Vec<Effect>, DbError> {
    let query = queue_effects::table
        .inner_join(queue_jobs::table)
        .filter(queue_jobs::tenant_id.eq(TenantKey(tenant)))
        .filter(open())
        .order((queue_effects::job_id, queue_effects::key))
        .limit(NAMED)
        .select((queue_effects::all_columns, queue_jobs::state));
    let rows: Vec<(EffectRow, State)> = db::on!(db, conn => query.load(conn).await)?;
    let effects = rows.into_iter();
    Ok(effects.map(|(row, state)| row.into_effect(state)).collect())
}

/// Deletes jobs, with all that hangs on them.
pub(crate) async fn delete_jobs(db: &mut Db, jobs: &[OfFlow]) -> Result<usize, DbError> {
    let ids: Vec<JobId> = jobs.iter().map(|(id, _)| *id).collect();
    let windows = queue_unique_windows::table.filter(queue_unique_windows::job_id.eq_any(&ids));
    db::on!(db, conn => diesel::delete(windows).execute(conn).await)?;
    let statement = diesel::delete(queue_jobs::table.filter(queue_jobs::id.eq_any(ids)));
    Ok(db::on!(db, conn => statement.execute(conn).await)?)
}

/// Deletes what people did to these jobs and their flows.
pub(crate) async fn delete_acts_on_jobs(db: &mut Db, jobs: &[OfFlow]) -> Result<usize, DbError> {
    let of_jobs = jobs.iter().map(|(id, _)| id.to_string());
    let of_flows = jobs.iter().filter_map(|(_, flow)| *flow);
    let targets = of_jobs.chain(of_flows.map(|flow| flow.to_string()));
    delete_acts_on(db, targets.collect()).await
}

/// Deletes a tenant's schedules with their ticks, and what people did to them: how many schedules, and
/// acts.
pub(crate) async fn delete_schedules_of(
    db: &mut Db,
    tenant: Uuid,
) -> Result<(usize, usize), DbError> {
    let schedules = queue_schedules::table.filter(queue_schedules::tenant_id.eq(TenantKey(tenant)));
    let statement = diesel::delete(schedules).returning(queue_schedules::id);
    let gone: Vec<ScheduleId> = db::on!(db, conn => statement.get_results(conn).await)?;
    let targets = gone.iter().map(ToString::to_string).collect();
    Ok((gone.len(), delete_acts_on(db, targets).await?))
}

async fn delete_acts_on(db: &mut Db, targets: Vec<String>) -> Result<usize, DbError> {
    let acts = queue_acts::table
        .filter(queue_acts::target.eq_any(targets))
        .filter(queue_acts::act.ne(Deed::EraseTenant.as_str()));
    Ok(db::on!(db, conn => diesel::delete(acts).execute(conn).await)?)
}

/// Deletes what a tenant did itself, and every act that tells its id, but for those of its erasing.
pub(crate) async fn delete_acts_of(db: &mut Db, tenant: Uuid) -> Result<usize, DbError> {
    let named = sql::<Bool>("CAST(queue_acts.details AS TEXT) LIKE ")
        .bind::<Text, _>(format!("%{}%", tenant.hyphenated()))
        .sql(" OR CAST(queue_acts.details AS TEXT) LIKE ")
        .bind::<Text, _>(format!("%{}%", tenant.simple()));
    let acts = queue_acts::table
        .filter(queue_acts::act.ne(Deed::EraseTenant.as_str()))
        .filter(
            queue_acts::tenant_id
                .assume_not_null()
                .eq(TenantKey(tenant))
                .or(queue_acts::actor.eq(tenant.to_string()))
                .or(queue_acts::target.eq(tenant.to_string()))
                .or(named),
        );
    Ok(db::on!(db, conn => diesel::delete(acts).execute(conn).await)?)
}

/// Deletes the keys that a tenant's jobs had for a time, and the buckets of limits that name it.
pub(crate) async fn delete_keys_of(db: &mut Db, tenant: Uuid) -> Result<usize, DbError> {
    // As `NewJob::stored_key` writes them.
    let own = format!("{}/%", tenant.simple());
    let windows = queue_unique_windows::table.filter(queue_unique_windows::unique_key.like(own));
    let windows = db::on!(db, conn => diesel::delete(windows).execute(conn).await)?;
    let gates = queue_gates::table.filter(
        queue_gates::key
            .like(format!("%{}%", tenant.hyphenated()))
            .or(queue_gates::key.like(format!("%{}%", tenant.simple()))),
    );
    let gates = db::on!(db, conn => diesel::delete(gates).execute(conn).await)?;
    Ok(windows + gates)
}

/// What an act tells, held until the caller's transaction ends.
pub(crate) async fn hold_act(db: &mut Db, id: ActId) -> Result<Option<Document>, DbError> {
    let query = queue_acts::table.find(id).select(queue_acts::details);
    Ok(match db {
        Db::Pg(conn) => query.for_update().first(conn).await.optional()?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await.optional()?,
    })
}
