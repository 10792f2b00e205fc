//! Limits by name.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::queue_limits;
use crate::{Limit, Rate};

/// What a limit is made of, as columns.
#[derive(Debug, Queryable)]
pub(super) struct LimitRow {
    name: String,
    max_running: Option<i32>,
    rate_count: Option<i32>,
    rate_seconds: Option<i32>,
    burst: Option<i32>,
}

impl LimitRow {
    pub(super) fn into_limit(self) -> Limit {
        let rate = match (self.rate_count, self.rate_seconds, self.burst) {
            (Some(count), Some(seconds), Some(burst)) => Some(Rate {
                count: count.unsigned_abs(),
                period_seconds: seconds.unsigned_abs(),
                burst: burst.unsigned_abs(),
            }),
            _ => None,
        };
        Limit {
            name: self.name,
            max_running: self.max_running.map(i32::unsigned_abs),
            rate,
        }
    }
}

/// The columns of [`LimitRow`].
#[diesel::dsl::auto_type]
pub(super) fn read_limit() -> _ {
    (
        queue_limits::name,
        queue_limits::max_running,
        queue_limits::rate_count,
        queue_limits::rate_seconds,
        queue_limits::burst,
    )
}

/// Every limit, by name.
pub(crate) async fn limits(db: &mut Db) -> Result<Vec<Limit>, DbError> {
    let query = queue_limits::table
        .order(queue_limits::name)
        .select(read_limit());
    let rows: Vec<LimitRow> = db::on!(db, conn => query.load(conn).await)?;
    Ok(rows.into_iter().map(LimitRow::into_limit).collect())
}

/// The limits of these names.
pub(super) async fn limits_of(db: &mut Db, names: &[&str]) -> Result<Vec<Limit>, DbError> {
    let query = queue_limits::table
        .filter(queue_limits::name.eq_any(names))
        .select(read_limit());
    let rows: Vec<LimitRow> = db::on!(db, conn => query.load(conn).await)?;
    Ok(rows.into_iter().map(LimitRow::into_limit).collect())
}

/// Sets a limit or changes it. Its numbers must fit, as [`Limit`] checks.
pub(crate) async fn put_limit(
    db: &mut Db,
    limit: &Limit,
    by: &str,
    now: Time,
) -> Result<(), DbError> {
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let values = (
        queue_limits::max_running.eq(limit.max_running.map(number)),
        queue_limits::rate_count.eq(limit.rate.map(|rate| number(rate.count))),
        queue_limits::rate_seconds.eq(limit.rate.map(|rate| number(rate.period_seconds))),
        queue_limits::burst.eq(limit.rate.map(|rate| number(rate.burst))),
        queue_limits::changed_by.eq(by),
        queue_limits::changed_at.eq(now),
    );
    let statement = diesel::insert_into(queue_limits::table)
        .values((queue_limits::name.eq(&limit.name), values))
        .on_conflict(queue_limits::name)
        .do_update()
        .set(values);
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Answers whether there was such a limit.
pub(crate) async fn delete_limit(db: &mut Db, name: &str) -> Result<bool, DbError> {
    let statement = diesel::delete(queue_limits::table.find(name));
    let deleted = db::on!(db, conn => statement.execute(conn).await)?;
    Ok(deleted > 0)
}
