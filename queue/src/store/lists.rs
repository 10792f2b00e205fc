//! Reading: one job, pages of jobs, and how much waits.

use std::time::Duration;

use db::{Db, DbError, Time};
use diesel::dsl::{count_star, min, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::payload::PayloadHas;
use super::row::{Row, TenantKey, read};
use super::schema::queue_jobs;
use crate::{Filter, FlowId, Job, JobId, Page, Scope, State, WorkerId};

/// One job of the scope.
pub(crate) async fn job(db: &mut Db, scope: Scope, id: JobId) -> Result<Option<Job>, DbError> {
    let query = queue_jobs::table.find(id).select(read());
    let row: Option<Row> = match scope {
        Scope::Operator => db::on!(db, conn => query.first(conn).await.optional())?,
        Scope::Tenant(tenant) => {
            let query = query.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
            db::on!(db, conn => query.first(conn).await.optional())?
        }
    };
    Ok(row.map(Row::into_job))
}

/// In whose hands a job is, and whose it was when it was done.
#[derive(Debug, Clone, Queryable)]
pub(crate) struct Hands {
    pub fence: i64,
    pub worker_id: Option<WorkerId>,
    pub done_by: Option<WorkerId>,
}

/// In whose hands a job is.
pub(crate) async fn hands(db: &mut Db, id: JobId) -> Result<Option<Hands>, DbError> {
    let query = queue_jobs::table.find(id).select((
        queue_jobs::fence,
        queue_jobs::worker_id,
        queue_jobs::done_by,
    ));
    Ok(db::on!(db, conn => query.first(conn).await.optional())?)
}

/// Ids are made by the clocks of many machines: one made at a time may say another, this far off.
const CLOCKS_APART: Duration = Duration::from_hours(1);

/// Narrows a boxed query on `queue_jobs` to what the scope and the filter name.
macro_rules! narrowed {
    ($query:expr, $scope:expr, $filter:expr) => {{
        let (mut query, filter): (_, &Filter) = ($query, $filter);
        if let Scope::Tenant(tenant) = $scope {
            query = query.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
        }
        if let Some(tenant) = filter.tenant_id {
            query = query.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
        }
        if let Some(state) = filter.state {
            query = query.filter(is(state));
        }
        if let Some(kind) = &filter.kind {
            query = query.filter(queue_jobs::kind.eq(kind));
        }
        if let Some(queue) = &filter.queue {
            query = query.filter(queue_jobs::queue.eq(queue));
        }
        if let Some(code) = &filter.error_code {
            query = query.filter(queue_jobs::error_code.eq(code));
        }
        if let Some(from) = filter.created.from {
            query = query
                .filter(queue_jobs::id.ge(JobId::first_at(from - CLOCKS_APART)))
                .filter(queue_jobs::created_at.ge(from));
        }
        if let Some(until) = filter.created.until {
            query = query
                .filter(queue_jobs::id.lt(JobId::first_at(until + CLOCKS_APART)))
                .filter(queue_jobs::created_at.lt(until));
        }
        if let Some(from) = filter.finished.from {
            query = query.filter(queue_jobs::finished_at.ge(from));
        }
        if let Some(until) = filter.finished.until {
            query = query.filter(queue_jobs::finished_at.lt(until));
        }
        for field in &filter.payload {
            query = query.filter(PayloadHas::new(field));
        }
        query
    }};
}

/// The state as text, which is how both stores recognise their partial indexes.
fn is(state: State) -> SqlLiteral<Bool> {
    sql::<Bool>(&format!("queue_jobs.state = '{state}'"))
}

/// A page of the scope's jobs, newest first, none older than `floor`.
pub(crate) async fn jobs(
    db: &mut Db,
    scope: Scope,
    filter: &Filter,
    page: Page,
    floor: Option<JobId>,
) -> Result<Vec<Job>, DbError> {
    let rows: Vec<Row> = db::on!(db, conn => {
        let mut query = queue_jobs::table
            .select(read())
            .order(queue_jobs::id.desc())
            .limit(i64::from(page.limit.clamp(1, 1000)))
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(queue_jobs::id.lt(after));
        }
        if let Some(floor) = floor {
            query = query.filter(queue_jobs::id.ge(floor));
        }
        narrowed!(query, scope, filter).load(conn).await
    })?;
    Ok(rows.into_iter().map(Row::into_job).collect())
}

/// The last of the newest `count` jobs older than `after`, of those that indexes lead to; none:
/// there are not so many.
pub(crate) async fn floor(
    db: &mut Db,
    scope: Scope,
    filter: &Filter,
    after: Option<JobId>,
    count: i64,
) -> Result<Option<JobId>, DbError> {
    let dead = filter.state == Some(State::Dead);
    let indexed = Filter {
        state: filter.state.filter(|_| dead),
        queue: filter.queue.clone().filter(|_| dead),
        tenant_id: filter.tenant_id,
        created: filter.created,
        ..Filter::default()
    };
    Ok(db::on!(db, conn => {
        let mut query = queue_jobs::table
            .select(queue_jobs::id)
            .order(queue_jobs::id.desc())
            .offset(count - 1)
            .limit(1)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(queue_jobs::id.lt(after));
        }
        narrowed!(query, scope, &indexed).first(conn).await.optional()
    })?)
}

/// How many jobs of the scope the filter names.
pub(crate) async fn count(db: &mut Db, scope: Scope, filter: &Filter) -> Result<i64, DbError> {
    Ok(db::on!(db, conn => {
        let query = queue_jobs::table.count().into_boxed();
        narrowed!(query, scope, filter).get_result(conn).await
    })?)
}

/// Up to `limit` of them behind `after`, the oldest first, with their flows.
pub(crate) async fn redrivable(
    db: &mut Db,
    scope: Scope,
    filter: &Filter,
    after: Option<JobId>,
    limit: u64,
) -> Result<Vec<(JobId, Option<FlowId>)>, DbError> {
    Ok(db::on!(db, conn => {
        let mut query = queue_jobs::table
            .select((queue_jobs::id, queue_jobs::flow_id))
            .order(queue_jobs::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(queue_jobs::id.gt(after));
        }
        narrowed!(query, scope, filter).load(conn).await
    })?)
}

/// Those of the scope's jobs that `ids` names.
pub(crate) async fn jobs_by_id(
    db: &mut Db,
    scope: Scope,
    ids: &[JobId],
) -> Result<Vec<Job>, DbError> {
    let rows: Vec<Row> = db::on!(db, conn => {
        let mut query = queue_jobs::table
            .select(read())
            .filter(queue_jobs::id.eq_any(ids))
            .into_boxed();
        if let Scope::Tenant(tenant) = scope {
            query = query.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
        }
        query.load(conn).await
    })?;
    Ok(rows.into_iter().map(Row::into_job).collect())
}

/// The conditions of the partial indexes, so that counting never reads finished rows.
const COUNTED: [&str; 5] = [
    "state = 'waiting'",
    "state IN ('scheduled', 'retrying')",
    "state = 'running'",
    "state = 'blocked'",
    "state = 'dead'",
];

/// For each queue and state of [`COUNTED`]: how many, and the oldest `run_at`.
pub(crate) async fn depths(
    db: &mut Db,
) -> Result<Vec<(String, State, i64, Option<Time>)>, DbError> {
    let mut all = Vec::new();
    for condition in COUNTED {
        let counted = queue_jobs::table
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(condition))
            .group_by((queue_jobs::queue, queue_jobs::state))
            .select((
                queue_jobs::queue,
                queue_jobs::state,
                count_star(),
                min(queue_jobs::run_at),
            ));
        let found: Vec<_> = db::on!(db, conn => counted.load(conn).await)?;
        all.extend(found);
    }
    Ok(all)
}

/// How many unfinished jobs of a tenant do not run yet.
pub(crate) async fn waiting_of(db: &mut Db, tenant: Uuid) -> Result<i64, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::tenant_id.eq(TenantKey(tenant)))
        .filter(queue_jobs::finished_at.is_null())
        .filter(queue_jobs::state.ne(State::Running))
        .count();
    Ok(db::on!(db, conn => query.get_result(conn).await)?)
}
