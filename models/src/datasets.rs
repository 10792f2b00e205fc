//! Datasets: rows that artists handed in to learn from.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::datasets;
use crate::{ArtistId, DatasetId};

/// A dataset. Its bytes are in object storage.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = datasets)]
pub struct DatasetRow {
    /// Names the dataset.
    pub id: DatasetId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// What its artist calls it.
    pub name: String,
    /// The column that is to be predicted.
    pub target: String,
    /// Rows below the header.
    pub row_count: i64,
    /// Columns, the target included.
    pub column_count: i32,
    /// The first day that the rows tell of, as YYYY-MM-DD, where the artist said so.
    pub covers_from: Option<String>,
    /// The last day, likewise.
    pub covers_to: Option<String>,
    /// Size, bytes.
    pub size_bytes: i64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Where the bytes are.
    pub object_key: String,
    /// When it was accepted.
    pub created_at: Time,
    /// When its rows were removed. What is told of them stays.
    pub removed_at: Option<Time>,
}

/// The folder of all of an artist's datasets in object storage.
pub fn object_folder(artist: ArtistId) -> String {
    format!("artists/{artist}/datasets")
}

/// Where a dataset's bytes are kept: under its owner's own prefix.
pub fn object_key(artist: ArtistId, dataset: DatasetId) -> String {
    format!("{}/{dataset}.csv", object_folder(artist))
}

/// Whether a name of an object is one of [`object_key`]'s form.
pub fn is_object_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let ["artists", artist, "datasets", file] = parts.as_slice() else {
        return false;
    };
    let dataset = file.strip_suffix(".csv").unwrap_or_default();
    artist.parse::<ArtistId>().is_ok() && dataset.parse::<DatasetId>().is_ok()
}

/// Those of these names under which a dataset's bytes are kept, of whichever artist: for whoever
/// looks after object storage as a whole. Those of removed rows are not.
pub async fn named(db: &mut Db, keys: &[&str]) -> Result<Vec<String>, DbError> {
    let found = db::on!(db, conn => datasets::table
        .filter(datasets::object_key.eq_any(keys))
        .filter(datasets::removed_at.is_null())
        .select(datasets::object_key)
        .load(conn)
        .await)?;
    Ok(found)
}

/// Adds a dataset.
pub async fn insert(db: &mut Db, row: &DatasetRow) -> Result<(), DbError> {
    db::on!(db, conn => diesel::insert_into(datasets::table).values(row).execute(conn).await)?;
    Ok(())
}

/// The artist's own dataset.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    id: DatasetId,
) -> Result<Option<DatasetRow>, DbError> {
    let row = db::on!(db, conn => datasets::table
        .filter(datasets::artist_id.eq(artist))
        .filter(datasets::id.eq(id))
        .select(DatasetRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The artist's own dataset that a row says was learned from, where it says one and the rows are there.
pub async fn learned_from(
    db: &mut Db,
    artist: ArtistId,
    id: Option<DatasetId>,
) -> Result<Option<DatasetRow>, DbError> {
    let Some(id) = id else {
        return Ok(None);
    };
    let found = find(db, artist, id).await?;
    Ok(found.filter(|row| row.removed_at.is_none()))
}

/// Removes the rows of these datasets of the artist's, but not what is told of them. How many had any.
pub(crate) async fn remove_rows(
    db: &mut Db,
    artist: ArtistId,
    ids: &[DatasetId],
    now: Time,
) -> Result<usize, DbError> {
    let removed = db::on!(db, conn => diesel::update(datasets::table)
        .filter(datasets::artist_id.eq(artist))
        .filter(datasets::id.eq_any(ids))
        .filter(datasets::removed_at.is_null())
        .set(datasets::removed_at.eq(Some(now)))
        .execute(conn)
        .await)?;
    Ok(removed)
}

/// The artist's datasets, newest first, from below `after` on.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    after: Option<DatasetId>,
    limit: i64,
) -> Result<Vec<DatasetRow>, DbError> {
    let below = after.unwrap_or(DatasetId(uuid::Uuid::max()));
    let rows = db::on!(db, conn => datasets::table
        .filter(datasets::artist_id.eq(artist))
        .filter(datasets::id.lt(below))
        .order(datasets::id.desc())
        .limit(limit)
        .select(DatasetRow::as_select())
        .load(conn)
        .await)?;
    Ok(rows)
}

/// Removes all of an artist's datasets, which no training may name any more.
pub(crate) async fn erase(db: &mut Db, artist: ArtistId) -> Result<usize, DbError> {
    let erased = db::on!(db, conn => diesel::delete(datasets::table)
        .filter(datasets::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    Ok(erased)
}
