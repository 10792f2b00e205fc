//! Masters: what was asked of a track, and the one result that came of it.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::{masters, tracks};
use crate::{ArtistId, JobId, MasterId, TrackId};

/// What an artist wants made of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The track.
    pub track_id: TrackId,
    /// A track whose tone to come close to.
    pub reference_track_id: Option<TrackId>,
    /// The target's name, `custom` for figures of one's own.
    pub target_name: String,
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// Highest true peak, dBTP.
    pub ceiling_dbtp: f64,
    /// `wav` or `flac`.
    pub format: String,
    /// `16`, `24` or `32f`.
    pub bits: String,
}

/// A master, finished or not.
#[derive(Debug, Clone, PartialEq)]
pub struct MasterRow {
    /// Names the master.
    pub id: MasterId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The job that makes it.
    pub job_id: JobId,
    /// What was asked.
    pub wanted: Wanted,
    /// What came of it.
    pub result: Option<ResultRow>,
    /// When it was asked for.
    pub created_at: Time,
}

/// The one result of a master. Its bytes are in object storage.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// Where the bytes are.
    pub object_key: String,
    /// Their media type.
    pub media_type: String,
    /// Their number.
    pub size_bytes: i64,
    /// Their SHA-256, hexadecimal.
    pub sha256: String,
    /// What was measured and done.
    pub report: Value,
    /// When the result was there.
    pub completed_at: Time,
}

/// A master beside the name of its track.
#[derive(Debug, Clone, PartialEq)]
pub struct MasterOfTrack {
    /// The master.
    pub master: MasterRow,
    /// The track's file name.
    pub track_filename: String,
}

/// The table's row, column by column.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = masters)]
struct Columns {
    id: MasterId,
    artist_id: ArtistId,
    track_id: TrackId,
    reference_track_id: Option<TrackId>,
    job_id: JobId,
    target_name: String,
    integrated_lufs: f64,
    ceiling_dbtp: f64,
    format: String,
    bits: String,
    object_key: Option<String>,
    media_type: Option<String>,
    size_bytes: Option<i64>,
    sha256: Option<String>,
    report: Option<Document>,
    created_at: Time,
    completed_at: Option<Time>,
}

impl From<Columns> for MasterRow {
    fn from(row: Columns) -> Self {
        // The table's CHECKs make these six NULL together or not at all.
        let result = match (
            row.object_key,
            row.media_type,
            row.size_bytes,
            row.sha256,
            row.report,
            row.completed_at,
        ) {
            (
                Some(object_key),
                Some(media_type),
                Some(size_bytes),
                Some(sha256),
                Some(Document(report)),
                Some(completed_at),
            ) => Some(ResultRow {
                object_key,
                media_type,
                size_bytes,
                sha256,
                report,
                completed_at,
            }),
            _ => None,
        };
        Self {
            id: row.id,
            artist_id: row.artist_id,
            job_id: row.job_id,
            wanted: Wanted {
                track_id: row.track_id,
                reference_track_id: row.reference_track_id,
                target_name: row.target_name,
                integrated_lufs: row.integrated_lufs,
                ceiling_dbtp: row.ceiling_dbtp,
                format: row.format,
                bits: row.bits,
            },
            result,
            created_at: row.created_at,
        }
    }
}

/// A new name for a master's bytes: in its own folder, and never the same twice, so that a late
/// attempt never writes over the one that counts.
pub fn object_key(artist: ArtistId, master: MasterId, format: &str) -> String {
    format!(
        "{}/{}.{format}",
        object_folder(artist, master),
        Uuid::now_v7()
    )
}

/// The folder of a master's bytes, under its owner's own.
pub fn object_folder(artist: ArtistId, master: MasterId) -> String {
    format!("artists/{artist}/masters/{master}")
}

/// Adds a master that was asked for and has no result yet.
pub async fn insert(db: &mut Db, row: &MasterRow) -> Result<(), DbError> {
    let wanted = row.wanted.clone();
    let columns = Columns {
        id: row.id,
        artist_id: row.artist_id,
        track_id: wanted.track_id,
        reference_track_id: wanted.reference_track_id,
        job_id: row.job_id,
        target_name: wanted.target_name,
        integrated_lufs: wanted.integrated_lufs,
        ceiling_dbtp: wanted.ceiling_dbtp,
        format: wanted.format,
        bits: wanted.bits,
        object_key: None,
        media_type: None,
        size_bytes: None,
        sha256: None,
        report: None,
        created_at: row.created_at,
        completed_at: None,
    };
    db::on!(db, conn => diesel::insert_into(masters::table).values(&columns).execute(conn).await)?;
    Ok(())
}

/// The artist's own master.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    id: MasterId,
) -> Result<Option<MasterOfTrack>, DbError> {
    let row: Option<(Columns, String)> = db::on!(db, conn => masters::table
        .inner_join(tracks::table)
        .filter(masters::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(masters::id.eq(id))
        .select((Columns::as_select(), tracks::filename))
        .first(conn)
        .await
        .optional())?;
    Ok(row.map(of_track))
}

/// The artist's masters, newest first, from below `after` on.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    after: Option<MasterId>,
    limit: i64,
) -> Result<Vec<MasterOfTrack>, DbError> {
    let below = after.unwrap_or(MasterId(Uuid::max()));
    let rows: Vec<(Columns, String)> = db::on!(db, conn => masters::table
        .inner_join(tracks::table)
        .filter(masters::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(masters::id.lt(below))
        .order(masters::id.desc())
        .limit(limit)
        .select((Columns::as_select(), tracks::filename))
        .load(conn)
        .await)?;
    Ok(rows.into_iter().map(of_track).collect())
}

/// Records the result, unless the master has one already. False: it has one already.
pub async fn complete(
    db: &mut Db,
    artist: ArtistId,
    id: MasterId,
    result: &ResultRow,
) -> Result<bool, DbError> {
    let changed = db::on!(db, conn => diesel::update(masters::table)
        .filter(masters::artist_id.eq(artist))
        .filter(masters::id.eq(id))
        .filter(masters::completed_at.is_null())
        .set((
            masters::object_key.eq(Some(&result.object_key)),
            masters::media_type.eq(Some(&result.media_type)),
            masters::size_bytes.eq(Some(result.size_bytes)),
            masters::sha256.eq(Some(&result.sha256)),
            masters::report.eq(Some(Document(result.report.clone()))),
            masters::completed_at.eq(Some(result.completed_at)),
        ))
        .execute(conn)
        .await)?;
    Ok(changed > 0)
}

fn of_track((columns, track_filename): (Columns, String)) -> MasterOfTrack {
    MasterOfTrack {
        master: columns.into(),
        track_filename,
    }
}
