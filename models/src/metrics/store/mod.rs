//! The statements behind merging, each written to its store's strength: arrays of whole columns on
//! PostgreSQL; on SQLite, which has no network to cross, one prepared statement a row.

mod postgres;
mod sqlite;

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Key;
use crate::schema::artists;
use crate::{ArtistId, ImportId};

/// What is kept of one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    pub(super) value: f64,
    pub(super) imported_by: Option<ImportId>,
    pub(super) updated_at: Time,
}

/// See [`super::lock`].
pub(super) async fn lock(db: &mut Db, artist: ArtistId) -> Result<(), DbError> {
    // SQLite has one writer: a transaction of ours has that turn already.
    if let Db::Pg(conn) = db {
        let artist = artists::table
            .filter(artists::id.eq(artist))
            .select(artists::id);
        artist.for_no_key_update().load::<ArtistId>(conn).await?;
    }
    Ok(())
}

/// What is kept of these keys, as far as there is something.
pub(super) async fn kept(
    db: &mut Db,
    artist: ArtistId,
    keys: Vec<Key>,
) -> Result<Vec<(Key, Kept)>, DbError> {
    match db {
        Db::Pg(conn) => postgres::kept(conn, artist, keys).await,
        Db::Sqlite(conn) => sqlite::kept(conn, artist, keys).await,
    }
}

/// Writes values, in the place of what is kept of their keys. No key comes twice.
pub(super) async fn write(
    db: &mut Db,
    artist: ArtistId,
    rows: Vec<(Key, Kept)>,
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    match db {
        Db::Pg(conn) => postgres::write(conn, artist, rows).await,
        Db::Sqlite(conn) => sqlite::write(conn, artist, rows).await,
    }
}
