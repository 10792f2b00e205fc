//! Imports: files of metrics that artists handed in, and what became of their rows.

use db::{Db, DbError, Json, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tally;
use crate::schema::metric_imports;
use crate::{ArtistId, ImportId, JobId};

/// Refused rows that a report names; the others are counted only.
pub const MOST_REFUSALS: usize = 1000;

db::text_enum! {
    /// What a file of metrics is written in. Either may be compressed with gzip.
    pub enum Format {
        /// Lines of comma-separated values below a header.
        Csv = "csv",
        /// An array of objects, or one object a line.
        Json = "json",
    }
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The line of the file that it begins on, counted from 1.
    pub line: u64,
    /// The column or field at fault; empty where it is the row as a whole.
    pub column: String,
    /// The rule that it breaks.
    pub rule: String,
}

/// What became of the rows of a file, as far as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Rows read so far, header and empty lines not counted.
    pub rows_read: u64,
    /// What the good ones did.
    #[serde(flatten)]
    pub tally: Tally,
    /// How many were refused.
    pub refused: u64,
    /// The first thousand of those.
    pub refusals: Vec<Refusal>,
}

/// An import, finished or not.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// Names the import.
    pub id: ImportId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The job that does it.
    pub job_id: JobId,
    /// The name that the file was sent under.
    pub filename: String,
    /// Where its bytes are.
    pub object_key: String,
    /// What they are written in.
    pub format: Format,
    /// Their number, 1 or more.
    pub size_bytes: i64,
    /// Their SHA-256, hexadecimal.
    pub sha256: String,
    /// What became of its rows so far.
    pub report: ImportReport,
    /// When it was accepted: what counts where two imports speak of one day.
    pub created_at: Time,
    /// When all of it was read.
    pub completed_at: Option<Time>,
}

/// The table's row, column by column.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = metric_imports)]
struct Columns {
    id: ImportId,
    artist_id: ArtistId,
    job_id: JobId,
    filename: String,
    object_key: String,
    format: Format,
    size_bytes: i64,
    sha256: String,
    report: Json<ImportReport>,
    created_at: Time,
    completed_at: Option<Time>,
}

impl From<Columns> for ImportRow {
    fn from(columns: Columns) -> Self {
        Self {
            id: columns.id,
            artist_id: columns.artist_id,
            job_id: columns.job_id,
            filename: columns.filename,
            object_key: columns.object_key,
            format: columns.format,
            size_bytes: columns.size_bytes,
            sha256: columns.sha256,
            report: columns.report.0,
            created_at: columns.created_at,
            completed_at: columns.completed_at,
        }
    }
}

/// Where an import's bytes are kept: under its owner's own prefix.
pub fn object_key(artist: ArtistId, import: ImportId) -> String {
    format!("{}/{import}", super::object_folder(artist))
}

/// The import whose bytes a name of [`object_key`]'s form is for; none: it has another form.
pub fn import_of_object_key(key: &str) -> Option<ImportId> {
    let (_, id) = key.strip_prefix("artists/")?.split_once("/metrics/")?;
    id.parse().ok()
}

/// The names under which these imports' bytes are kept, of whichever artist: for whoever looks
/// after object storage as a whole.
pub async fn import_object_keys(db: &mut Db, ids: &[ImportId]) -> Result<Vec<String>, DbError> {
    let keys = db::on!(db, conn => metric_imports::table
        .filter(metric_imports::id.eq_any(ids))
        .select(metric_imports::object_key)
        .load(conn)
        .await)?;
    Ok(keys)
}

/// Adds an import.
pub async fn insert_import(db: &mut Db, row: &ImportRow) -> Result<(), DbError> {
    let columns = Columns {
        id: row.id,
        artist_id: row.artist_id,
        job_id: row.job_id,
        filename: row.filename.clone(),
        object_key: row.object_key.clone(),
        format: row.format,
        size_bytes: row.size_bytes,
        sha256: row.sha256.clone(),
        report: Json(row.report.clone()),
        created_at: row.created_at,
        completed_at: row.completed_at,
    };
    db::on!(db, conn => diesel::insert_into(metric_imports::table).values(&columns).execute(conn).await)?;
    Ok(())
}

/// The artist's own import.
pub async fn find_import(
    db: &mut Db,
    artist: ArtistId,
    id: ImportId,
) -> Result<Option<ImportRow>, DbError> {
    let row: Option<Columns> = db::on!(db, conn => metric_imports::table
        .filter(metric_imports::artist_id.eq(artist))
        .filter(metric_imports::id.eq(id))
        .select(Columns::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row.map(Into::into))
}

/// The artist's imports, newest first, from below `after` on.
pub async fn list_imports(
    db: &mut Db,
    artist: ArtistId,
    after: Option<ImportId>,
    limit: i64,
) -> Result<Vec<ImportRow>, DbError> {
    let below = after.unwrap_or(ImportId(Uuid::max()));
    let rows: Vec<Columns> = db::on!(db, conn => metric_imports::table
        .filter(metric_imports::artist_id.eq(artist))
        .filter(metric_imports::id.lt(below))
        .order(metric_imports::id.desc())
        .limit(limit)
        .select(Columns::as_select())
        .load(conn)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Notes how far an import has come: in the transaction of the rows that it tells of.
pub async fn note_import(
    db: &mut Db,
    artist: ArtistId,
    id: ImportId,
    report: &ImportReport,
) -> Result<(), DbError> {
    db::on!(db, conn => diesel::update(metric_imports::table)
        .filter(metric_imports::artist_id.eq(artist))
        .filter(metric_imports::id.eq(id))
        .set(metric_imports::report.eq(Json(report.clone())))
        .execute(conn)
        .await)?;
    Ok(())
}

/// Says that all of an import was read. False: that was said before, or there is no such import.
pub async fn complete_import(
    db: &mut Db,
    artist: ArtistId,
    id: ImportId,
    at: Time,
) -> Result<bool, DbError> {
    let changed = db::on!(db, conn => diesel::update(metric_imports::table)
        .filter(metric_imports::artist_id.eq(artist))
        .filter(metric_imports::id.eq(id))
        .filter(metric_imports::completed_at.is_null())
        .set(metric_imports::completed_at.eq(Some(at)))
        .execute(conn)
        .await)?;
    Ok(changed > 0)
}
