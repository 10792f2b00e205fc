//! Answers kept under the caller's `Idempotency-Key`.

use std::time::Duration;

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::ArtistId;
use crate::schema::idempotency_keys;

/// How long a key is remembered.
pub const WINDOW: Duration = Duration::from_hours(24);

/// What a key was found to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Remembered {
    /// Not seen within the window; the answer is kept now.
    Fresh,
    /// Seen with the very same request, and answered so.
    Replay(Document),
    /// Seen with another request.
    Reused,
}

#[derive(Insertable)]
#[diesel(table_name = idempotency_keys)]
struct NewKey<'a> {
    artist_id: ArtistId,
    key: &'a str,
    request_sha256: &'a str,
    response: &'a Document,
    created_at: Time,
}

/// Keeps `response` under `key`, or tells what the key was used for. Call it inside the
/// transaction of the act, so that the answer is kept if and only if the act was done; of two
/// requests at once the second waits for the first.
pub async fn remember(
    db: &mut Db,
    artist: ArtistId,
    key: &str,
    request_sha256: &str,
    response: &Document,
    now: Time,
) -> Result<Remembered, DbError> {
    forget_old(db, artist, now).await?;
    let row = NewKey {
        artist_id: artist,
        key,
        request_sha256,
        response,
        created_at: now,
    };
    let kept = db::on!(db, conn => diesel::insert_into(idempotency_keys::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await)?;
    if kept > 0 {
        return Ok(Remembered::Fresh);
    }
    let (before, answer): (String, Document) = db::on!(db, conn => idempotency_keys::table
        .find((artist, key))
        .select((idempotency_keys::request_sha256, idempotency_keys::response))
        .first(conn)
        .await)?;
    Ok(if before == request_sha256 {
        Remembered::Replay(answer)
    } else {
        Remembered::Reused
    })
}

async fn forget_old(db: &mut Db, artist: ArtistId, now: Time) -> Result<(), DbError> {
    db::on!(db, conn => diesel::delete(idempotency_keys::table)
        .filter(idempotency_keys::artist_id.eq(artist))
        .filter(idempotency_keys::created_at.lt(now - WINDOW))
        .execute(conn)
        .await)?;
    Ok(())
}
