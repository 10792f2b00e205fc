//! The gates of limits on SQLite: a writer's transaction locks everything, so they are only read
//! and written.

use db::{DbError, SqliteConn, Time};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel::upsert::excluded;

use crate::store::schema::queue_gates;

/// See [`crate::store::enter_gates`].
pub(crate) async fn enter_gates(
    conn: &mut SqliteConn,
    keys: Vec<String>,
    now: Time,
) -> Result<Vec<(String, Time)>, DbError> {
    let enter = move |conn: &mut SqliteConnection| {
        let enter_one = |key: String| {
            let later = queue_gates::full_at.gt(excluded(queue_gates::full_at));
            let latest =
                case_when(later, queue_gates::full_at).otherwise(excluded(queue_gates::full_at));
            let full_at = diesel::insert_into(queue_gates::table)
                .values((queue_gates::key.eq(&key), queue_gates::full_at.eq(now)))
                .on_conflict(queue_gates::key)
                .do_update()
                .set(queue_gates::full_at.eq(latest))
                .returning(queue_gates::full_at)
                .get_result(conn)?;
            Ok((key, full_at))
        };
        keys.into_iter().map(enter_one).collect::<QueryResult<_>>()
    };
    Ok(conn.spawn_blocking(enter).await?)
}

/// See [`crate::store::fill_gates`].
pub(crate) async fn fill_gates(
    conn: &mut SqliteConn,
    full_at: Vec<(String, Time)>,
) -> Result<(), DbError> {
    let fill = move |conn: &mut SqliteConnection| {
        for (key, full_at) in full_at {
            diesel::update(queue_gates::table.find(key))
                .set(queue_gates::full_at.eq(full_at))
                .execute(conn)?;
        }
        QueryResult::Ok(())
    };
    Ok(conn.spawn_blocking(fill).await?)
}

/// See [`crate::store::prune_gates`].
pub(crate) async fn prune_gates(
    conn: &mut SqliteConn,
    before: Time,
    limit: i64,
) -> Result<usize, DbError> {
    let prune = move |conn: &mut SqliteConnection| {
        let full: Vec<String> = queue_gates::table
            .filter(queue_gates::full_at.le(before))
            .select(queue_gates::key)
            .limit(limit)
            .load(conn)?;
        diesel::delete(queue_gates::table.filter(queue_gates::key.eq_any(full))).execute(conn)
    };
    let pruned = conn.spawn_blocking(move |conn| conn.immediate_transaction(prune));
    Ok(pruned.await?)
}
