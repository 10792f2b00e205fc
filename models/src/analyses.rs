//! Analyses: what was found in a track.

use std::collections::HashSet;

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::artifacts::{self, Artifact, Owner, OwnerKind, ResultRow};
use crate::schema::{analyses, tracks};
use crate::{AnalysisId, ArtistId, JobId, TrackId, track_isrcs};

/// An analysis, finished or not.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisRow {
    /// Names the analysis.
    pub id: AnalysisId,
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The track.
    pub track_id: TrackId,
    /// The job that makes it.
    pub job_id: JobId,
    /// What came of it.
    pub result: Option<ResultRow>,
    /// When it was asked for.
    pub created_at: Time,
}

/// An analysis beside the name of its track.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisOfTrack {
    /// The analysis.
    pub analysis: AnalysisRow,
    /// The track's file name.
    pub track_filename: String,
}

/// The table's row, column by column.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = analyses)]
struct Columns {
    id: AnalysisId,
    artist_id: ArtistId,
    track_id: TrackId,
    job_id: JobId,
    report: Option<Document>,
    created_at: Time,
    completed_at: Option<Time>,
}

impl AnalysisRow {
    /// What its files belong to.
    pub fn owner(&self) -> Owner {
        Owner::analysis(self.artist_id, self.id)
    }

    fn of(columns: Columns, files: Vec<Artifact>) -> Self {
        // The table's CHECK makes these two NULL together or not at all.
        let result = columns.report.zip(columns.completed_at);
        Self {
            id: columns.id,
            artist_id: columns.artist_id,
            track_id: columns.track_id,
            job_id: columns.job_id,
            result: result.map(|(Document(report), completed_at)| ResultRow {
                files,
                report,
                completed_at,
            }),
            created_at: columns.created_at,
        }
    }
}

/// Adds an analysis that was asked for and has no result yet.
pub async fn insert(db: &mut Db, row: &AnalysisRow) -> Result<(), DbError> {
    let columns = Columns {
        id: row.id,
        artist_id: row.artist_id,
        track_id: row.track_id,
        job_id: row.job_id,
        report: None,
        created_at: row.created_at,
        completed_at: None,
    };
    db::on!(db, conn => diesel::insert_into(analyses::table).values(&columns).execute(conn).await)?;
    Ok(())
}

/// The artist's own analysis.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    id: AnalysisId,
) -> Result<Option<AnalysisOfTrack>, DbError> {
    let row: Option<(Columns, String)> = db::on!(db, conn => analyses::table
        .inner_join(tracks::table)
        .filter(analyses::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(analyses::id.eq(id))
        .select((Columns::as_select(), tracks::filename))
        .first(conn)
        .await
        .optional())?;
    let Some((columns, track_filename)) = row else {
        return Ok(None);
    };
    // A result that the row shows was recorded together with its files.
    let files = artifacts::of(db, Owner::analysis(artist, id)).await?;
    Ok(Some(AnalysisOfTrack {
        analysis: AnalysisRow::of(columns, files),
        track_filename,
    }))
}

/// The artist's analyses, newest first, from below `after` on.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    after: Option<AnalysisId>,
    limit: i64,
) -> Result<Vec<AnalysisOfTrack>, DbError> {
    let below = after.unwrap_or(AnalysisId(Uuid::max()));
    let rows: Vec<(Columns, String)> = db::on!(db, conn => analyses::table
        .inner_join(tracks::table)
        .filter(analyses::artist_id.eq(artist))
        .filter(tracks::artist_id.eq(artist))
        .filter(analyses::id.lt(below))
        .order(analyses::id.desc())
        .limit(limit)
        .select((Columns::as_select(), tracks::filename))
        .load(conn)
        .await)?;
    let finished = rows.iter().filter(|(row, _)| row.completed_at.is_some());
    let ids: Vec<_> = finished.map(|(row, _)| row.id.uuid().into()).collect();
    let mut files = artifacts::of_many(db, artist, OwnerKind::Analysis, &ids).await?;
    let of_track = |(columns, track_filename): (Columns, String)| {
        let files = files.remove(&columns.id.uuid().into()).unwrap_or_default();
        AnalysisOfTrack {
            analysis: AnalysisRow::of(columns, files),
            track_filename,
        }
    };
    Ok(rows.into_iter().map(of_track).collect())
}

/// What was found in a track, and the words that metrics may know it by.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackReport {
    /// The track.
    pub track_id: TrackId,
    /// Its ISRC, where the artist said so.
    pub isrc: Option<String>,
    /// The newest analysis' report.
    pub report: serde_json::Value,
}

/// The newest reports of so many of the artist's tracks, the track analysed last first.
pub async fn reports(
    db: &mut Db,
    artist: ArtistId,
    most: i64,
) -> Result<Vec<TrackReport>, DbError> {
    let rows: Vec<(TrackId, Option<Document>)> = db::on!(db, conn => analyses::table
        .filter(analyses::artist_id.eq(artist))
        .filter(analyses::completed_at.is_not_null())
        .order(analyses::id.desc())
        .limit(most)
        .select((analyses::track_id, analyses::report))
        .load(conn)
        .await)?;
    let mut isrcs = track_isrcs::all(db, artist).await?;
    let mut seen = HashSet::new();
    let of_track = |(track_id, report): (TrackId, Option<Document>)| {
        let Document(report) = report?;
        seen.insert(track_id).then(|| TrackReport {
            track_id,
            isrc: isrcs.remove(&track_id),
            report,
        })
    };
    Ok(rows.into_iter().filter_map(of_track).collect())
}

/// Records what was found with all files, unless the analysis has a result already. False: it has
/// one already. In a transaction, so that it is there whole or not at all.
pub async fn complete(
    db: &mut Db,
    artist: ArtistId,
    id: AnalysisId,
    found: &ResultRow,
) -> Result<bool, DbError> {
    let changed = db::on!(db, conn => diesel::update(analyses::table)
        .filter(analyses::artist_id.eq(artist))
        .filter(analyses::id.eq(id))
        .filter(analyses::completed_at.is_null())
        .set((
            analyses::report.eq(Some(Document(found.report.clone()))),
            analyses::completed_at.eq(Some(found.completed_at)),
        ))
        .execute(conn)
        .await)?;
    if changed == 0 {
        return Ok(false);
    }
    artifacts::insert(db, Owner::analysis(artist, id), &found.files).await?;
    Ok(true)
}
