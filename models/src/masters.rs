//! Masters and previews of masters: what was asked of a track, and the one result that came of it.

use db::{Db, DbError, Document, Json, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::artifacts::{self, Artifact, Owner, OwnerKind, ResultRow};
use crate::schema::{master_references, masters, tracks};
use crate::settings::Settings;
use crate::{ArtistId, JobId, MasterId, TrackId};

db::text_enum! {
    /// What a master is for. Each has a list of its own.
    pub enum Purpose {
        /// To be released.
        Master = "master",
        /// To hear soon what a master would be like.
        Preview = "preview",
    }
}

/// A master, finished or not.
#[derive(Debug, Clone, PartialEq)]
pub struct MasterRow {
    /// Names the master.
    pub id: MasterId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// What it is for.
    pub purpose: Purpose,
    /// The track.
    pub track_id: TrackId,
    /// The job that makes it.
    pub job_id: JobId,
    /// What was asked.
    pub settings: Settings,
    /// What came of it.
    pub result: Option<ResultRow>,
    /// When it was asked for.
    pub created_at: Time,
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
    purpose: Purpose,
    track_id: TrackId,
    job_id: JobId,
    settings: Json<Settings>,
    report: Option<Document>,
    created_at: Time,
    completed_at: Option<Time>,
}

#[derive(Insertable)]
#[diesel(table_name = master_references)]
struct Referred {
    artist_id: ArtistId,
    master_id: MasterId,
    position: i32,
    track_id: TrackId,
}

impl MasterRow {
    /// What its files belong to.
    pub fn owner(&self) -> Owner {
        Owner::master(self.artist_id, self.id)
    }

    fn of(columns: Columns, files: Vec<Artifact>) -> Self {
        // The table's CHECK makes these two NULL together or not at all.
        let result = columns.report.zip(columns.completed_at);
        Self {
            id: columns.id,
            artist_id: columns.artist_id,
            purpose: columns.purpose,
            track_id: columns.track_id,
            job_id: columns.job_id,
            settings: columns.settings.0,
            result: result.map(|(Document(report), completed_at)| ResultRow {
                files,
                report,
                completed_at,
            }),
            created_at: columns.created_at,
        }
    }
}

/// Adds a master that was asked for and has no result yet.
pub async fn insert(db: &mut Db, row: &MasterRow) -> Result<(), DbError> {
    let columns = Columns {
        id: row.id,
        artist_id: row.artist_id,
        purpose: row.purpose,
        track_id: row.track_id,
        job_id: row.job_id,
        settings: Json(row.settings.clone()),
        report: None,
        created_at: row.created_at,
        completed_at: None,
    };
    db::on!(db, conn => diesel::insert_into(masters::table).values(&columns).execute(conn).await)?;
    for (position, reference) in (0..).zip(&row.settings.references) {
        let referred = Referred {
            artist_id: row.artist_id,
            master_id: row.id,
            position,
            track_id: reference.track_id,
        };
        db::on!(db, conn => diesel::insert_into(master_references::table)
            .values(&referred)
            .execute(conn)
            .await)?;
    }
    Ok(())
}

/// The artist's own master, if it is for this purpose.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    purpose: Purpose,
    id: MasterId,
) -> Result<Option<MasterOfTrack>, DbError> {
    let row: Option<(Columns, String)> = db::on!(db, conn => masters::table
        .inner_join(tracks::table)
        .filter(masters::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(masters::purpose.eq(purpose))
        .filter(masters::id.eq(id))
        .select((Columns::as_select(), tracks::filename))
        .first(conn)
        .await
        .optional())?;
    let Some((columns, track_filename)) = row else {
        return Ok(None);
    };
    // A result that the row shows was recorded together with its files.
    let files = artifacts::of(db, Owner::master(artist, id)).await?;
    Ok(Some(MasterOfTrack {
        master: MasterRow::of(columns, files),
        track_filename,
    }))
}

/// The artist's masters for a purpose, newest first, from below `after` on.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    purpose: Purpose,
    after: Option<MasterId>,
    limit: i64,
) -> Result<Vec<MasterOfTrack>, DbError> {
    let below = after.unwrap_or(MasterId(Uuid::max()));
    let rows: Vec<(Columns, String)> = db::on!(db, conn => masters::table
        .inner_join(tracks::table)
        .filter(masters::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(masters::purpose.eq(purpose))
        .filter(masters::id.lt(below))
        .order(masters::id.desc())
        .limit(limit)
        .select((Columns::as_select(), tracks::filename))
        .load(conn)
        .await)?;
    let finished = rows.iter().filter(|(row, _)| row.completed_at.is_some());
    let ids: Vec<_> = finished.map(|(row, _)| row.id.uuid().into()).collect();
    let mut files = artifacts::of_many(db, artist, OwnerKind::Master, &ids).await?;
    let of_track = |(columns, track_filename): (Columns, String)| {
        let files = files.remove(&columns.id.uuid().into()).unwrap_or_default();
        MasterOfTrack {
            master: MasterRow::of(columns, files),
            track_filename,
        }
    };
    Ok(rows.into_iter().map(of_track).collect())
}

/// Records the result with all its files, unless the master has one already. False: it has one
/// already. In a transaction, so that it is there whole or not at all.
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
            masters::report.eq(Some(Document(result.report.clone()))),
            masters::completed_at.eq(Some(result.completed_at)),
        ))
        .execute(conn)
        .await)?;
    if changed == 0 {
        return Ok(false);
    }
    artifacts::insert(db, Owner::master(artist, id), &result.files).await?;
    Ok(true)
}
