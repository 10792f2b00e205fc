//! Who worker incarnations were: kept when their leases have ended.

use db::{Db, DbError, Time};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::{queue_incarnations, queue_workers};
use super::workers::Registration;
use crate::{WorkerId, WorkerName};

/// Keeps who an incarnation is.
pub(super) async fn keep(db: &mut Db, registration: &Registration) -> Result<(), DbError> {
    let statement = diesel::insert_into(queue_incarnations::table)
        .values((
            queue_incarnations::id.eq(registration.id),
            queue_incarnations::name.eq(&registration.name),
            queue_incarnations::host.eq(&registration.host),
            queue_incarnations::pid.eq(registration.pid),
            queue_incarnations::started_at.eq(registration.started_at),
        ))
        .on_conflict_do_nothing();
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Who these incarnations are or were.
pub(crate) async fn incarnations(
    db: &mut Db,
    ids: &[WorkerId],
) -> Result<Vec<WorkerName>, DbError> {
    let query = queue_incarnations::table
        .filter(queue_incarnations::id.eq_any(ids))
        .select((
            queue_incarnations::id,
            queue_incarnations::name,
            queue_incarnations::host,
            queue_incarnations::pid,
        ));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Forgets up to `limit` incarnations that began before `before` and have no lease any more.
/// Runs inside the caller's transaction.
pub(crate) async fn prune_incarnations(
    db: &mut Db,
    before: Time,
    limit: usize,
) -> Result<usize, DbError> {
    let leased = queue_workers::table.filter(queue_workers::id.eq(queue_incarnations::id));
    let query = queue_incarnations::table
        .filter(queue_incarnations::started_at.lt(before))
        .filter(not(exists(leased)))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(queue_incarnations::id);
    let ids: Vec<WorkerId> = db::on!(db, conn => query.load(conn).await)?;
    let old = queue_incarnations::table.filter(queue_incarnations::id.eq_any(&ids));
    Ok(db::on!(db, conn => diesel::delete(old).execute(conn).await)?)
}
