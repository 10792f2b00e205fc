//! What was computed from an artist's metrics, kept to be answered at once, and which computation
//! it came from.
//!
//! Results follow the metrics by jobs. A job that begins takes a number; whoever changes metrics
//! names the job to come by the number that the next one will take ([`next`]), so that changes made
//! while no job has begun share one job, and a change made after a job began gets another.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::schema::{analytics_refreshes, analytics_results};
use crate::{ArtistId, JobId};

/// A result that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// What was computed.
    pub kind: String,
    /// The series that it is about; `""` where the kind has one result.
    pub subject: String,
    /// The result.
    pub result: Value,
}

/// A result as it was kept.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct KeptResult {
    /// The result.
    pub result: Document,
    /// When it was computed.
    pub computed_at: Time,
    /// By which job.
    pub job_id: JobId,
}

#[derive(Insertable)]
#[diesel(table_name = analytics_results)]
struct Columns {
    artist_id: ArtistId,
    kind: String,
    subject: String,
    result: Document,
    computed_at: Time,
    job_id: JobId,
}

/// The subject of a result about one series.
pub fn subject(metric: &str, source: &str, track: &str) -> String {
    format!("{metric} {source} {track}")
}

/// What [`next`] answers where no refresh has begun ever, or since everything was erased.
pub const FIRST: i64 = 1;

/// A number for the next refresh to begin, which changes when it begins. In a transaction that holds
/// the artist's turn ([`crate::metrics::lock`]).
pub async fn next(db: &mut Db, artist: ArtistId) -> Result<i64, DbError> {
    let begun: Option<i64> = db::on!(db, conn => analytics_refreshes::table
        .find(artist)
        .select(analytics_refreshes::begun)
        .first(conn)
        .await
        .optional())?;
    Ok(begun.map_or(FIRST, |begun| begun + 1))
}

/// Begins a refresh and gives it its number. In a transaction that holds the artist's turn.
///
/// The first number is the time, so that numbers go on rising when everything was erased: a refresh
/// that began before that keeps nothing after it.
pub async fn begin(db: &mut Db, artist: ArtistId, now: Time) -> Result<i64, DbError> {
    let number = match next(db, artist).await? {
        FIRST => now.as_micros().max(FIRST),
        next => next,
    };
    db::on!(db, conn => diesel::insert_into(analytics_refreshes::table)
        .values((
            analytics_refreshes::artist_id.eq(artist),
            analytics_refreshes::begun.eq(number),
            analytics_refreshes::kept.eq(number - 1),
        ))
        .on_conflict(analytics_refreshes::artist_id)
        .do_update()
        .set(analytics_refreshes::begun.eq(number))
        .execute(conn)
        .await)?;
    Ok(number)
}

/// Keeps all results of refresh `number` in the place of those before. False: a refresh that began
/// later has kept its own. In a transaction.
pub async fn keep(
    db: &mut Db,
    artist: ArtistId,
    number: i64,
    results: Vec<ResultRow>,
    at: Time,
    job: JobId,
) -> Result<bool, DbError> {
    let newest = db::on!(db, conn => diesel::update(analytics_refreshes::table)
        .filter(analytics_refreshes::artist_id.eq(artist))
        .filter(analytics_refreshes::kept.lt(number))
        .set(analytics_refreshes::kept.eq(number))
        .execute(conn)
        .await)?;
    if newest == 0 {
        return Ok(false);
    }
    db::on!(db, conn => diesel::delete(analytics_results::table)
        .filter(analytics_results::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    for row in results {
        let columns = Columns {
            artist_id: artist,
            kind: row.kind,
            subject: row.subject,
            result: Document(row.result),
            computed_at: at,
            job_id: job,
        };
        db::on!(db, conn => diesel::insert_into(analytics_results::table)
            .values(&columns)
            .execute(conn)
            .await)?;
    }
    Ok(true)
}

/// The artist's result of a kind about a subject.
pub async fn find(
    db: &mut Db,
    artist: ArtistId,
    kind: &str,
    subject: &str,
) -> Result<Option<KeptResult>, DbError> {
    let row = db::on!(db, conn => analytics_results::table
        .filter(analytics_results::artist_id.eq(artist))
        .filter(analytics_results::kind.eq(kind))
        .filter(analytics_results::subject.eq(subject))
        .select((
            analytics_results::result,
            analytics_results::computed_at,
            analytics_results::job_id,
        ))
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// Artists whose results are all from before `day`, in the order of their ids from behind `after` on:
/// of those for whom a refresh has begun ever.
pub async fn stale(
    db: &mut Db,
    day: Time,
    after: Option<ArtistId>,
    limit: i64,
) -> Result<Vec<ArtistId>, DbError> {
    let after = after.unwrap_or(ArtistId(uuid::Uuid::nil()));
    let artists = db::on!(db, conn => {
        let fresh = analytics_results::table
            .filter(analytics_results::artist_id.eq(analytics_refreshes::artist_id))
            .filter(analytics_results::computed_at.ge(day));
        analytics_refreshes::table
            .filter(analytics_refreshes::artist_id.gt(after))
            .filter(diesel::dsl::not(diesel::dsl::exists(fresh)))
            .order(analytics_refreshes::artist_id)
            .limit(limit)
            .select(analytics_refreshes::artist_id)
            .load(conn)
            .await
    })?;
    Ok(artists)
}

/// Removes every result of the artist's. A refresh that began before keeps nothing any more.
pub async fn erase(db: &mut Db, artist: ArtistId) -> Result<(), DbError> {
    db::on!(db, conn => diesel::delete(analytics_results::table)
        .filter(analytics_results::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    db::on!(db, conn => diesel::delete(analytics_refreshes::table)
        .filter(analytics_refreshes::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    Ok(())
}
