//! New rows on SQLite: a batch in one hop.

use db::{DbError, SqliteConn};
use diesel::prelude::*;

use crate::store::insert::NewRow;
use crate::store::schema::queue_jobs;

/// Inserts rows without unique keys, inside an open transaction.
pub(crate) async fn insert_all(conn: &mut SqliteConn, rows: Vec<NewRow>) -> Result<(), DbError> {
    let insert = move |conn: &mut SqliteConnection| {
        for row in rows {
            diesel::insert_into(queue_jobs::table)
                .values(row)
                .execute(conn)?;
        }
        QueryResult::Ok(())
    };
    Ok(conn.spawn_blocking(insert).await?)
}
