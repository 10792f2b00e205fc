//! What a running body reads and writes: progress, checkpoint, and the lock on its own fence.
//! Every write names the primary key and the fence, and answers whether the fence held.

use db::{Db, DbError, Document};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::hot::held;
use super::schema::queue_jobs;
use crate::JobId;

/// Writes how far the body is.
pub(crate) async fn progress(
    db: &mut Db,
    id: JobId,
    fence: i64,
    progress: f32,
    stage: String,
) -> Result<bool, DbError> {
    let statement = diesel::update(queue_jobs::table.find(id).filter(held(fence))).set((
        queue_jobs::progress.eq(progress),
        queue_jobs::stage.eq(Some(stage)),
    ));
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Reads what an earlier attempt saved.
pub(crate) async fn read_checkpoint(db: &mut Db, id: JobId) -> Result<Option<Value>, DbError> {
    let query = queue_jobs::table.find(id).select(queue_jobs::checkpoint);
    let found: Option<Document> = db::on!(db, conn => query.first(conn).await)?;
    Ok(found.map(|document| document.0))
}

/// Saves what a later attempt shall find.
pub(crate) async fn write_checkpoint(
    db: &mut Db,
    id: JobId,
    fence: i64,
    checkpoint: Value,
) -> Result<bool, DbError> {
    let statement = diesel::update(queue_jobs::table.find(id).filter(held(fence)))
        .set(queue_jobs::checkpoint.eq(Some(Document(checkpoint))));
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Whether the attempt still has its job, at this moment.
pub(crate) async fn holds_fence(db: &mut Db, id: JobId, fence: i64) -> Result<bool, DbError> {
    let query = queue_jobs::table
        .find(id)
        .filter(held(fence))
        .select(queue_jobs::id);
    let found: Option<JobId> = db::on!(db, conn => query.first(conn).await.optional())?;
    Ok(found.is_some())
}

/// Holds the job to its fence until the transaction ends: nobody can take it back meanwhile.
pub(crate) async fn lock_fence(db: &mut Db, id: JobId, fence: i64) -> Result<bool, DbError> {
    let query = queue_jobs::table
        .find(id)
        .filter(held(fence))
        .select(queue_jobs::id);
    let found: Option<JobId> = match db {
        Db::Pg(conn) => query.for_no_key_update().first(conn).await.optional()?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await.optional()?,
    };
    Ok(found.is_some())
}
