//! Tracks: sound that artists handed in.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::tracks;
use crate::{ArtistId, TrackId};

/// A track. Its bytes are in object storage.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = tracks)]
pub struct TrackRow {
    /// Names the track.
    pub id: TrackId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The name it was sent under.
    pub filename: String,
    /// What its bytes are, a word of `storage::sniff::Format`.
    pub format: String,
    /// Its media type.
    pub media_type: String,
    /// The usual ending of such a file's name, without a dot.
    pub extension: String,
    /// Sample rate, Hz.
    pub sample_rate_hz: i32,
    /// Channels, 1 or more.
    pub channels: i32,
    /// Bits a sample, where the format has such a thing.
    pub bits: Option<i32>,
    /// Length in seconds, where the file says so.
    pub duration_seconds: Option<f64>,
    /// Size, bytes.
    pub size_bytes: i64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Where the bytes are.
    pub object_key: String,
    /// When it was accepted.
    pub created_at: Time,
}

/// Where a track's bytes are kept: under its owner's own prefix.
pub fn object_key(artist: ArtistId, track: TrackId, extension: &str) -> String {
    format!("artists/{artist}/tracks/{track}.{extension}")
}

/// The track whose bytes a name of [`object_key`]'s form is for; none: it has another form.
pub fn of_object_key(key: &str) -> Option<TrackId> {
    let (_, rest) = key.strip_prefix("artists/")?.split_once("/tracks/")?;
    let (id, _) = rest.split_once('.')?;
    id.parse().ok()
}

/// The names under which these tracks' bytes are kept, of whichever artist: for whoever looks
/// after object storage as a whole.
pub async fn object_keys(db: &mut Db, ids: &[TrackId]) -> Result<Vec<String>, DbError> {
    let keys = db::on!(db, conn => tracks::table
        .filter(tracks::id.eq_any(ids))
        .select(tracks::object_key)
        .load(conn)
        .await)?;
    Ok(keys)
}

/// Adds a track.
pub async fn insert(db: &mut Db, row: &TrackRow) -> Result<(), DbError> {
    db::on!(db, conn => diesel::insert_into(tracks::table).values(row).execute(conn).await)?;
    Ok(())
}

/// The artist's own track.
pub async fn find(db: &mut Db, artist: ArtistId, id: TrackId) -> Result<Option<TrackRow>, DbError> {
    let row = db::on!(db, conn => tracks::table
        .filter(tracks::artist_id.eq(artist))
        .filter(tracks::id.eq(id))
        .select(TrackRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The artist's tracks, newest first, from below `after` on.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    after: Option<TrackId>,
    limit: i64,
) -> Result<Vec<TrackRow>, DbError> {
    let below = after.unwrap_or(TrackId(uuid::Uuid::max()));
    let rows = db::on!(db, conn => tracks::table
        .filter(tracks::artist_id.eq(artist))
        .filter(tracks::id.lt(below))
        .order(tracks::id.desc())
        .limit(limit)
        .select(TrackRow::as_select())
        .load(conn)
        .await)?;
    Ok(rows)
}
