//! Leases on offices that one process holds at a time.

use db::{Db, DbError, Time};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel_async::RunQueryDsl;

use super::schema::queue_leases;
use crate::WorkerId;

/// A row of `queue_leases`.
#[derive(Debug, Queryable)]
pub(crate) struct LeaseRow {
    pub holder: WorkerId,
    pub token: i64,
    pub until: Time,
}

/// The lease as it stands, lapsed or not.
pub(crate) async fn lease(db: &mut Db, name: &str) -> Result<Option<LeaseRow>, DbError> {
    let query = QueryDsl::find(queue_leases::table, name).select((
        queue_leases::holder,
        queue_leases::token,
        queue_leases::until,
    ));
    Ok(db::on!(db, conn => query.first(conn).await.optional())?)
}

/// Takes the lease for `holder` until `until` when nobody holds it at `now`, or renews it when
/// `holder` does, in one statement. Answers the term's token; none: another holds it.
pub(crate) async fn take_lease(
    db: &mut Db,
    name: &str,
    holder: WorkerId,
    now: Time,
    until: Time,
) -> Result<Option<i64>, DbError> {
    let (ours, lapsed) = (queue_leases::holder.eq(holder), queue_leases::until.le(now));
    let token = case_when(lapsed, queue_leases::token + 1).otherwise(queue_leases::token);
    let held = (
        queue_leases::holder.eq(holder),
        queue_leases::until.eq(until),
    );
    let statement = diesel::insert_into(queue_leases::table)
        .values((queue_leases::name.eq(name), held))
        .on_conflict(queue_leases::name)
        .do_update()
        .set((held, queue_leases::token.eq(token)))
        .filter(ours.or(lapsed))
        .returning(queue_leases::token);
    Ok(db::on!(db, conn => statement.get_result(conn).await.optional())?)
}

/// Ends the lease at `now` if `holder` holds it: whoever looks next may take it.
pub(crate) async fn end_lease(
    db: &mut Db,
    name: &str,
    holder: WorkerId,
    now: Time,
) -> Result<(), DbError> {
    let held = FilterDsl::filter(
        QueryDsl::find(queue_leases::table, name),
        queue_leases::holder
            .eq(holder)
            .and(queue_leases::until.gt(now)),
    );
    let statement = diesel::update(held).set(queue_leases::until.eq(now));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}
