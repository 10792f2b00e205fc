//! Reading: one job, pages of jobs, and how much waits.

use db::{Db, DbError, Time};
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::row::{Row, TenantKey, read};
use super::schema::queue_jobs;
use crate::{Filter, Job, JobId, Page, Scope, State};

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

/// A page of the scope's jobs, newest first.
pub(crate) async fn jobs(
    db: &mut Db,
    scope: Scope,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Job>, DbError> {
    let rows: Vec<Row> = db::on!(db, conn => {
        let mut query = queue_jobs::table
            .select(read())
            .order(queue_jobs::id.desc())
            .limit(i64::from(page.limit.clamp(1, 1000)))
            .into_boxed();
        if let Scope::Tenant(tenant) = scope {
            query = query.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
        }
        if let Some(after) = page.after {
            query = query.filter(queue_jobs::id.lt(after));
        }
        if let Some(state) = filter.state {
            query = query.filter(queue_jobs::state.eq(state));
        }
        if let Some(kind) = &filter.kind {
            query = query.filter(queue_jobs::kind.eq(kind));
        }
        if let Some(queue) = &filter.queue {
            query = query.filter(queue_jobs::queue.eq(queue));
        }
        query.load(conn).await
    })?;
    Ok(rows.into_iter().map(Row::into_job).collect())
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
const COUNTED: [&str; 4] = [
    "state = 'waiting'",
    "state IN ('scheduled', 'retrying')",
    "state = 'running'",
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
