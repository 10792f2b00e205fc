//! Checks: what was looked at, what was found, and what was decided.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::model_checks;
use crate::{ArtistId, CheckId, JobId};

db::text_enum! {
    /// What was checked.
    pub enum CheckKind {
        /// Drift, the live error, and the champion beside the one before.
        Watch = "watch",
        /// A challenger beside the champion.
        Judgement = "judgement",
        /// A rollback, before it was made.
        Rollback = "rollback",
    }
}

db::text_enum! {
    /// What was decided.
    pub enum Decided {
        /// All stays as it is.
        Nothing = "nothing",
        /// A new version is trained.
        Retrain = "retrain",
        /// The challenger is judged.
        Judge = "judge",
        /// The champion before answers again.
        RollBack = "roll_back",
        /// The challenger became the champion.
        Promote = "promote",
        /// The challenger is none any more.
        Drop = "drop",
        /// There is too little to tell.
        Wait = "wait",
        /// An alias had moved meanwhile, and so nothing was done.
        Overtaken = "overtaken",
    }
}

/// A check.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_checks)]
pub struct CheckRow {
    /// Names the check; later ones are greater.
    pub id: CheckId,
    /// Whose the model is.
    pub artist_id: ArtistId,
    /// The model.
    pub model: String,
    /// The job that checked: one check a job.
    pub job_id: JobId,
    /// What was checked.
    pub kind: CheckKind,
    /// What was decided.
    pub decision: Decided,
    /// Why, as a fixed word.
    pub because: String,
    /// The champion then.
    pub champion: String,
    /// The version that it was held against.
    pub other: Option<String>,
    /// Rows that the two were compared on; 0 where they were not.
    pub compared: i64,
    /// The figures.
    pub evidence: Document,
    /// The job that follows.
    pub next_job_id: Option<JobId>,
    /// When.
    pub created_at: Time,
}

/// Adds a check, in the transaction of what it decided.
pub async fn add_check(db: &mut Db, row: &CheckRow) -> Result<(), DbError> {
    db::on!(db, conn => diesel::insert_into(model_checks::table)
        .values(row)
        .execute(conn)
        .await)?;
    Ok(())
}

/// The artist's own check of this id.
pub async fn check(
    db: &mut Db,
    artist: ArtistId,
    id: CheckId,
) -> Result<Option<CheckRow>, DbError> {
    let row = db::on!(db, conn => model_checks::table
        .filter(model_checks::artist_id.eq(artist))
        .filter(model_checks::id.eq(id))
        .select(CheckRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The check that a job of the artist's made.
pub async fn check_of_job(
    db: &mut Db,
    artist: ArtistId,
    job: JobId,
) -> Result<Option<CheckRow>, DbError> {
    let row = db::on!(db, conn => model_checks::table
        .filter(model_checks::artist_id.eq(artist))
        .filter(model_checks::job_id.eq(job))
        .select(CheckRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The newest watch of a version as the champion of the artist's own model.
pub async fn newest_watch(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    champion: &str,
) -> Result<Option<CheckRow>, DbError> {
    let row = db::on!(db, conn => model_checks::table
        .filter(model_checks::artist_id.eq(artist))
        .filter(model_checks::model.eq(model))
        .filter(model_checks::kind.eq(CheckKind::Watch))
        .filter(model_checks::champion.eq(champion))
        .order(model_checks::id.desc())
        .select(CheckRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The checks of the artist's own model, newest first, from below `after` on.
pub async fn checks(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    after: Option<CheckId>,
    limit: i64,
) -> Result<Vec<CheckRow>, DbError> {
    let below = after.unwrap_or(CheckId(uuid::Uuid::max()));
    let rows = db::on!(db, conn => model_checks::table
        .filter(model_checks::artist_id.eq(artist))
        .filter(model_checks::model.eq(model))
        .filter(model_checks::id.lt(below))
        .order(model_checks::id.desc())
        .limit(limit)
        .select(CheckRow::as_select())
        .load(conn)
        .await)?;
    Ok(rows)
}

/// How many rows these two versions were last compared on by checks of a kind since `since`; none when
/// they were not.
pub async fn last_look(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    kind: CheckKind,
    versions: (&str, &str),
    since: Time,
) -> Result<Option<i64>, DbError> {
    let (champion, other) = versions;
    let compared = db::on!(db, conn => model_checks::table
        .filter(model_checks::artist_id.eq(artist))
        .filter(model_checks::model.eq(model))
        .filter(model_checks::kind.eq(kind))
        .filter(model_checks::champion.eq(champion))
        .filter(model_checks::other.eq(other))
        .filter(model_checks::compared.gt(0))
        .filter(model_checks::created_at.ge(since))
        .order(model_checks::id.desc())
        .select(model_checks::compared)
        .first(conn)
        .await
        .optional())?;
    Ok(compared)
}
