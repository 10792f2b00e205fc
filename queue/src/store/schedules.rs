//! The rows of `queue_schedules`.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::row::TenantKey;
use super::schema::queue_schedules;
use crate::{Backoff, CatchUp, Cron, JobId, NewJob, Page, QueueError, Schedule, ScheduleId, Scope};

/// A row, whole.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = queue_schedules)]
pub(crate) struct ScheduleRow {
    pub id: ScheduleId,
    pub tenant_id: Option<TenantKey>,
    pub name: String,
    pub cron: String,
    pub zone: String,
    pub catch_up: CatchUp,
    pub queue: String,
    pub kind: String,
    pub priority: i16,
    pub payload: Document,
    pub max_attempts: i32,
    pub timeout_seconds: i32,
    pub backoff_base_ms: i32,
    pub backoff_cap_ms: i32,
    pub paused_at: Option<Time>,
    pub next_at: Option<Time>,
    pub last_at: Option<Time>,
    pub missed: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

impl ScheduleRow {
    /// A new row, each of whose ticks makes a job like `job`.
    pub(crate) fn of(
        name: String,
        cron: &Cron,
        catch_up: CatchUp,
        job: NewJob,
        next_at: Time,
        now: Time,
    ) -> Self {
        let (backoff_base_ms, backoff_cap_ms) = job.backoff.as_millis();
        Self {
            id: ScheduleId::new(),
            tenant_id: job.tenant_id.map(TenantKey),
            name,
            cron: cron.expression().to_owned(),
            zone: cron.zone().to_owned(),
            catch_up,
            queue: job.queue,
            kind: job.kind,
            priority: job.priority,
            payload: Document(job.payload),
            max_attempts: job.max_attempts,
            timeout_seconds: job.timeout_seconds,
            backoff_base_ms,
            backoff_cap_ms,
            paused_at: None,
            next_at: Some(next_at),
            last_at: None,
            missed: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The job that a tick makes.
    pub(crate) fn job(&self) -> NewJob {
        NewJob {
            id: JobId::new(),
            tenant_id: self.tenant_id.map(TenantKey::uuid),
            queue: self.queue.clone(),
            kind: self.kind.clone(),
            priority: self.priority,
            payload: self.payload.0.clone(),
            max_attempts: self.max_attempts,
            timeout_seconds: self.timeout_seconds,
            backoff: Backoff::of_millis(self.backoff_base_ms, self.backoff_cap_ms),
            run_at: None,
            unique: None,
            limit_key: None,
            flow_id: None,
            trace: None,
        }
    }

    /// When it ticks.
    pub(crate) fn ticks(&self) -> Result<Cron, QueueError> {
        Ok(Cron::parse(&self.cron, &self.zone)?)
    }

    /// What of it readers see.
    pub(crate) fn into_schedule(self) -> Schedule {
        Schedule {
            id: self.id,
            tenant_id: self.tenant_id.map(TenantKey::uuid),
            name: self.name,
            cron: self.cron,
            zone: self.zone,
            catch_up: self.catch_up,
            queue: self.queue,
            kind: self.kind,
            priority: self.priority,
            payload: self.payload.0,
            paused_at: self.paused_at,
            next_at: self.next_at,
            last_at: self.last_at,
            missed: self.missed.unsigned_abs(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    fn is_in(&self, scope: Scope) -> bool {
        match scope {
            Scope::Operator => true,
            Scope::Tenant(tenant) => self.tenant_id == Some(TenantKey(tenant)),
        }
    }
}

/// A page of the scope's schedules, newest first.
pub(crate) async fn schedules(
    db: &mut Db,
    scope: Scope,
    page: Page<ScheduleId>,
) -> Result<Vec<ScheduleRow>, DbError> {
    Ok(db::on!(db, conn => {
        let mut query = queue_schedules::table
            .order(queue_schedules::id.desc())
            .limit(i64::from(page.limit.clamp(1, 1000)))
            .into_boxed();
        if let Scope::Tenant(tenant) = scope {
            query = query.filter(queue_schedules::tenant_id.eq(TenantKey(tenant)));
        }
        if let Some(after) = page.after {
            query = query.filter(queue_schedules::id.lt(after));
        }
        query.load(conn).await
    })?)
}

/// One schedule of the scope.
pub(crate) async fn schedule(
    db: &mut Db,
    scope: Scope,
    id: ScheduleId,
) -> Result<Option<ScheduleRow>, DbError> {
    let query = queue_schedules::table.find(id);
    let row: Option<ScheduleRow> = db::on!(db, conn => query.first(conn).await.optional())?;
    Ok(row.filter(|row| row.is_in(scope)))
}

/// One schedule of the scope, held as it is until the transaction ends.
pub(crate) async fn hold_schedule(
    db: &mut Db,
    scope: Scope,
    id: ScheduleId,
) -> Result<Option<ScheduleRow>, DbError> {
    let query = queue_schedules::table.find(id);
    let row: Option<ScheduleRow> = match db {
        Db::Pg(conn) => query.for_no_key_update().first(conn).await.optional()?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await.optional()?,
    };
    Ok(row.filter(|row| row.is_in(scope)))
}

/// The schedule of a tenant and name, held as it is until the transaction ends.
pub(crate) async fn hold_named(
    db: &mut Db,
    tenant: Option<Uuid>,
    name: &str,
) -> Result<Option<ScheduleRow>, DbError> {
    let named = queue_schedules::table
        .filter(queue_schedules::name.eq(name))
        .select(queue_schedules::id);
    let id: Option<ScheduleId> = if let Some(tenant) = tenant {
        let query = named.filter(queue_schedules::tenant_id.eq(TenantKey(tenant)));
        db::on!(db, conn => query.first(conn).await.optional())?
    } else {
        let query = named.filter(queue_schedules::tenant_id.is_null());
        db::on!(db, conn => query.first(conn).await.optional())?
    };
    match id {
        Some(id) => hold_schedule(db, Scope::Operator, id).await,
        None => Ok(None),
    }
}

/// Inserts a row; false: its tenant has one of its name.
pub(crate) async fn insert_schedule(db: &mut Db, row: &ScheduleRow) -> Result<bool, DbError> {
    let statement = diesel::insert_into(queue_schedules::table)
        .values(row)
        .on_conflict_do_nothing();
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Writes all of a held row that putting it again may change.
pub(crate) async fn replace_schedule(db: &mut Db, row: &ScheduleRow) -> Result<(), DbError> {
    let row = row.clone();
    let statement = diesel::update(queue_schedules::table.find(row.id)).set((
        queue_schedules::cron.eq(row.cron),
        queue_schedules::zone.eq(row.zone),
        queue_schedules::catch_up.eq(row.catch_up),
        queue_schedules::queue.eq(row.queue),
        queue_schedules::kind.eq(row.kind),
        queue_schedules::priority.eq(row.priority),
        queue_schedules::payload.eq(row.payload),
        queue_schedules::max_attempts.eq(row.max_attempts),
        queue_schedules::timeout_seconds.eq(row.timeout_seconds),
        queue_schedules::backoff_base_ms.eq(row.backoff_base_ms),
        queue_schedules::backoff_cap_ms.eq(row.backoff_cap_ms),
        queue_schedules::next_at.eq(row.next_at),
        queue_schedules::updated_at.eq(row.updated_at),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Writes whether a held row is paused, and its next tick.
pub(crate) async fn set_paused(db: &mut Db, row: &ScheduleRow) -> Result<(), DbError> {
    let statement = diesel::update(queue_schedules::table.find(row.id)).set((
        queue_schedules::paused_at.eq(row.paused_at),
        queue_schedules::next_at.eq(row.next_at),
        queue_schedules::updated_at.eq(row.updated_at),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Deletes a held schedule, and its ticks with it.
pub(crate) async fn delete_schedule(db: &mut Db, id: ScheduleId) -> Result<(), DbError> {
    let statement = diesel::delete(queue_schedules::table.find(id));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}
