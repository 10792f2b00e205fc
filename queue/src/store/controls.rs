//! The rows of `queue_controls`.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::{queue_controls, queue_jobs};
use super::workers::running;

/// A row, whole.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = queue_controls)]
#[diesel(primary_key(queue), treat_none_as_null = true)]
pub(crate) struct ControlRow {
    pub queue: String,
    pub paused_at: Option<Time>,
    pub max_running: Option<i32>,
    pub changed_by: String,
    pub changed_at: Time,
    pub paused_by: Option<String>,
}

/// The control of a queue, made where there is none and held as it is until the transaction ends;
/// and whether it was made.
pub(crate) async fn hold_control(
    db: &mut Db,
    queue: &str,
    by: &str,
    now: Time,
) -> Result<(ControlRow, bool), DbError> {
    let new = ControlRow {
        queue: queue.to_owned(),
        paused_at: None,
        max_running: None,
        changed_by: by.to_owned(),
        changed_at: now,
        paused_by: None,
    };
    let statement = diesel::insert_into(queue_controls::table)
        .values(new)
        .on_conflict_do_nothing();
    let made = db::on!(db, conn => statement.execute(conn).await)? == 1;
    let query = queue_controls::table.find(queue);
    let row = match db {
        Db::Pg(conn) => query.for_no_key_update().first(conn).await?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await?,
    };
    Ok((row, made))
}

/// Forgets a held control.
pub(crate) async fn drop_control(db: &mut Db, queue: &str) -> Result<(), DbError> {
    let statement = diesel::delete(queue_controls::table.find(queue));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Writes all of a held control.
pub(crate) async fn set_control(db: &mut Db, row: &ControlRow) -> Result<(), DbError> {
    let statement = diesel::update(queue_controls::table.find(row.queue.clone())).set(row);
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Every control.
pub(crate) async fn controls(db: &mut Db) -> Result<Vec<ControlRow>, DbError> {
    let query = queue_controls::table.order(queue_controls::queue);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// How many jobs run, of one queue or of all.
pub(crate) async fn count_running(db: &mut Db, queue: Option<&str>) -> Result<i64, DbError> {
    Ok(db::on!(db, conn => {
        let mut query = queue_jobs::table.filter(running()).count().into_boxed();
        if let Some(queue) = queue {
            query = query.filter(queue_jobs::queue.eq(queue));
        }
        query.get_result(conn).await
    })?)
}
