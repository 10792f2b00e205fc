//! Albums: tracks that are mastered together, what was asked of them, and the one result that came
//! of it.

use std::collections::HashMap;

use db::{Db, DbError, Document, Json, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::artifacts::{self, Artifact, Owner, OwnerKind, ResultRow};
use crate::schema::{album_tracks, albums, tracks};
use crate::settings::Settings;
use crate::{AlbumId, ArtistId, JobId, TrackId};

db::text_enum! {
    /// What a track is to an album.
    pub enum Role {
        /// It is on it.
        Track = "track",
        /// It is gone by.
        Reference = "reference",
    }
}

/// An album, finished or not.
#[derive(Debug, Clone, PartialEq)]
pub struct AlbumRow {
    /// Names the album.
    pub id: AlbumId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// What its artist calls it.
    pub title: Option<String>,
    /// Its tracks in their order, each with its file name.
    pub tracks: Vec<(TrackId, String)>,
    /// The job that makes it.
    pub job_id: JobId,
    /// What was asked, of every track.
    pub settings: Settings,
    /// What came of it: the files are those of the first track, then those of the second …
    pub result: Option<ResultRow>,
    /// When it was asked for.
    pub created_at: Time,
}

/// The table's row but for the report.
#[derive(Queryable, Selectable)]
#[diesel(table_name = albums)]
struct Columns {
    id: AlbumId,
    artist_id: ArtistId,
    title: Option<String>,
    job_id: JobId,
    settings: Json<Settings>,
    created_at: Time,
    completed_at: Option<Time>,
}

#[derive(Insertable)]
#[diesel(table_name = albums)]
struct Asked {
    id: AlbumId,
    artist_id: ArtistId,
    title: Option<String>,
    job_id: JobId,
    settings: Json<Settings>,
    created_at: Time,
}

#[derive(Insertable)]
#[diesel(table_name = album_tracks)]
struct Place {
    artist_id: ArtistId,
    album_id: AlbumId,
    role: Role,
    position: i32,
    track_id: TrackId,
}

impl AlbumRow {
    /// What its files belong to.
    pub fn owner(&self) -> Owner {
        Owner::album(self.artist_id, self.id)
    }

    fn of(columns: Columns, tracks: Vec<(TrackId, String)>, result: Option<ResultRow>) -> Self {
        Self {
            id: columns.id,
            artist_id: columns.artist_id,
            title: columns.title,
            tracks,
            job_id: columns.job_id,
            settings: columns.settings.0,
            result,
            created_at: columns.created_at,
        }
    }
}

/// Adds an album that was asked for and has no result yet.
pub async fn insert(db: &mut Db, row: &AlbumRow) -> Result<(), DbError> {
    let asked = Asked {
        id: row.id,
        artist_id: row.artist_id,
        title: row.title.clone(),
        job_id: row.job_id,
        settings: Json(row.settings.clone()),
        created_at: row.created_at,
    };
    db::on!(db, conn => diesel::insert_into(albums::table).values(&asked).execute(conn).await)?;
    let references = row.settings.references.iter();
    let references = (0..).zip(references.map(|it| (Role::Reference, it.track_id)));
    let tracks = (0..).zip(row.tracks.iter().map(|(id, _)| (Role::Track, *id)));
    for (position, (role, track_id)) in tracks.chain(references) {
        let place = Place {
            artist_id: row.artist_id,
            album_id: row.id,
            role,
            position,
            track_id,
        };
        db::on!(db, conn => diesel::insert_into(album_tracks::table)
            .values(&place)
            .execute(conn)
            .await)?;
    }
    Ok(())
}

/// The artist's own album.
pub async fn find(db: &mut Db, artist: ArtistId, id: AlbumId) -> Result<Option<AlbumRow>, DbError> {
    let row: Option<(Columns, Option<Document>)> = db::on!(db, conn => albums::table
        .filter(albums::artist_id.eq(artist))
        .filter(albums::id.eq(id))
        .select((Columns::as_select(), albums::report))
        .first(conn)
        .await
        .optional())?;
    let Some((columns, report)) = row else {
        return Ok(None);
    };
    let tracks = tracks_of(db, artist, &[id]).await?;
    // A result that the row shows was recorded together with its files. The table's CHECK makes
    // its two columns NULL together or not at all.
    let files = artifacts::of(db, Owner::album(artist, id)).await?;
    let result = report
        .zip(columns.completed_at)
        .map(|(Document(report), completed_at)| ResultRow {
            files,
            report,
            completed_at,
        });
    let tracks = tracks.into_values().next().unwrap_or_default();
    Ok(Some(AlbumRow::of(columns, tracks, result)))
}

/// The artist's albums, newest first, from below `after` on. Their results come without a report,
/// which is as long as those of all its tracks.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    after: Option<AlbumId>,
    limit: i64,
) -> Result<Vec<AlbumRow>, DbError> {
    let below = after.unwrap_or(AlbumId(Uuid::max()));
    let rows: Vec<Columns> = db::on!(db, conn => albums::table
        .filter(albums::artist_id.eq(artist))
        .filter(albums::id.lt(below))
        .order(albums::id.desc())
        .limit(limit)
        .select(Columns::as_select())
        .load(conn)
        .await)?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut tracks = tracks_of(db, artist, &ids).await?;
    let owners: Vec<_> = ids.iter().map(|id| id.uuid().into()).collect();
    let mut files = artifacts::of_many(db, artist, OwnerKind::Album, &owners).await?;
    let whole = |row: Columns| {
        let files: Vec<Artifact> = files.remove(&row.id.uuid().into()).unwrap_or_default();
        let result = row.completed_at.map(|completed_at| ResultRow {
            files,
            report: serde_json::Value::Null,
            completed_at,
        });
        let tracks = tracks.remove(&row.id).unwrap_or_default();
        AlbumRow::of(row, tracks, result)
    };
    Ok(rows.into_iter().map(whole).collect())
}

/// The tracks on each of an artist's albums, in their order.
async fn tracks_of(
    db: &mut Db,
    artist: ArtistId,
    ids: &[AlbumId],
) -> Result<HashMap<AlbumId, Vec<(TrackId, String)>>, DbError> {
    let rows: Vec<(AlbumId, TrackId, String)> = db::on!(db, conn => album_tracks::table
        .inner_join(tracks::table)
        .filter(album_tracks::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(album_tracks::album_id.eq_any(ids))
        .filter(album_tracks::role.eq(Role::Track))
        .order(album_tracks::position)
        .select((album_tracks::album_id, tracks::id, tracks::filename))
        .load(conn)
        .await)?;
    let mut all: HashMap<_, Vec<_>> = HashMap::with_capacity(ids.len());
    for (album, track, filename) in rows {
        all.entry(album).or_default().push((track, filename));
    }
    Ok(all)
}

/// Records the result with all its files, unless the album has one already. False: it has one
/// already. In a transaction, so that it is there whole or not at all.
pub async fn complete(
    db: &mut Db,
    artist: ArtistId,
    id: AlbumId,
    result: &ResultRow,
) -> Result<bool, DbError> {
    let changed = db::on!(db, conn => diesel::update(albums::table)
        .filter(albums::artist_id.eq(artist))
        .filter(albums::id.eq(id))
        .filter(albums::completed_at.is_null())
        .set((
            albums::report.eq(Some(Document(result.report.clone()))),
            albums::completed_at.eq(Some(result.completed_at)),
        ))
        .execute(conn)
        .await)?;
    if changed == 0 {
        return Ok(false);
    }
    artifacts::insert(db, Owner::album(artist, id), &result.files).await?;
    Ok(true)
}
