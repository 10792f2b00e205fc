//! The ledger of effects: what a job does outside, and what became of it.

use db::{Db, DbError, Document, Time};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::act::hold;
use super::row::TenantKey;
use super::schema::{queue_effects, queue_jobs};
use crate::{
    Actor, Effect, EffectState, JobError, JobId, Page, Resolution, Resolved, Scope, State,
};

/// A row of `queue_effects`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = queue_effects)]
pub(crate) struct EffectRow {
    pub job_id: JobId,
    pub key: String,
    pub state: EffectState,
    pub fence: i64,
    pub token: String,
    pub calls: i32,
    pub outcome: Option<Document>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub intended_at: Time,
    pub ended_at: Option<Time>,
    pub resolved_by: Option<String>,
    pub resolved_note: Option<String>,
}

impl EffectRow {
    /// The state as it stands for readers: an intent whose job has ended is nobody's to clear up
    /// any more but a person's.
    fn standing(&self, job: State) -> EffectState {
        match self.state {
            EffectState::Intended if job.is_final() => EffectState::Ambiguous,
            state => state,
        }
    }

    pub(super) fn into_effect(self, job: State) -> Effect {
        Effect {
            state: self.standing(job),
            job_id: self.job_id,
            key: self.key,
            token: self.token,
            calls: self.calls,
            outcome: self.outcome.map(|outcome| outcome.0),
            error: self.error_code.map(|code| JobError {
                code,
                message: self.error_message.unwrap_or_default(),
            }),
            intended_at: self.intended_at,
            ended_at: self.ended_at,
            resolved_by: self.resolved_by,
            resolved_note: self.resolved_note,
        }
    }
}

/// What the ledger knows of one effect.
pub(crate) async fn effect(
    db: &mut Db,
    job: JobId,
    key: &str,
) -> Result<Option<EffectRow>, DbError> {
    let query = queue_effects::table.find((job, key));
    Ok(db::on!(db, conn => query.first(conn).await.optional())?)
}

/// Writes an intent, where there is none, or the last call did not happen, or `seen` is the fence
/// of the intent that was found not to have happened. False: the effect is not as it was seen.
/// Runs inside a transaction that holds the job to `fence`.
pub(crate) async fn intend(
    db: &mut Db,
    (job, key, token): (JobId, &str, &str),
    seen: Option<i64>,
    fence: i64,
    now: Time,
) -> Result<bool, DbError> {
    // Fences begin at 1: none is no intent's.
    let as_seen = queue_effects::state
        .eq(EffectState::NotHappened)
        .or(open().and(queue_effects::fence.eq(seen.unwrap_or_default())));
    let again = diesel::update(queue_effects::table.find((job, key)).filter(as_seen)).set((
        queue_effects::state.eq(EffectState::Intended),
        queue_effects::fence.eq(fence),
        queue_effects::calls.eq(queue_effects::calls + 1),
        queue_effects::error_code.eq(None::<String>),
        queue_effects::error_message.eq(None::<String>),
        queue_effects::intended_at.eq(now),
        queue_effects::ended_at.eq(None::<Time>),
        queue_effects::resolved_by.eq(None::<String>),
        queue_effects::resolved_note.eq(None::<String>),
    ));
    if db::on!(db, conn => again.execute(conn).await)? == 1 {
        return Ok(true);
    }
    let first = EffectRow {
        job_id: job,
        key: key.to_owned(),
        state: EffectState::Intended,
        fence,
        token: token.to_owned(),
        calls: 1,
        outcome: None,
        error_code: None,
        error_message: None,
        intended_at: now,
        ended_at: None,
        resolved_by: None,
        resolved_note: None,
    };
    let statement = diesel::insert_into(queue_effects::table)
        .values(first)
        .on_conflict_do_nothing();
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Writes that the effect happened, whoever holds the job now: it stays true. False: that was
/// known already, and what is known stays.
pub(crate) async fn happened(
    db: &mut Db,
    (job, key): (JobId, &str),
    outcome: Result<Value, JobError>,
    now: Time,
) -> Result<bool, DbError> {
    let (outcome, error) = match outcome {
        Ok(outcome) => (Some(Document(outcome)), None),
        Err(error) => (None, Some(error)),
    };
    let (code, message) = error.map(|error| (error.code, error.message)).unzip();
    let unknown = queue_effects::table
        .find((job, key))
        .filter(queue_effects::state.ne(EffectState::Happened));
    let statement = diesel::update(unknown).set((
        queue_effects::state.eq(EffectState::Happened),
        queue_effects::outcome.eq(outcome),
        queue_effects::error_code.eq(code),
        queue_effects::error_message.eq(message),
        queue_effects::ended_at.eq(Some(now)),
    ));
    Ok(db::on!(db, conn => statement.execute(conn).await)? == 1)
}

/// Writes that the call of this intent certainly did not happen. It says nothing of later ones.
pub(crate) async fn not_happened(
    db: &mut Db,
    (job, key): (JobId, &str),
    fence: i64,
    why: JobError,
    now: Time,
) -> Result<(), DbError> {
    let statement = diesel::update(
        queue_effects::table
            .find((job, key))
            .filter(queue_effects::fence.eq(fence))
            .filter(open()),
    )
    .set((
        queue_effects::state.eq(EffectState::NotHappened),
        queue_effects::error_code.eq(Some(why.code)),
        queue_effects::error_message.eq(Some(why.message)),
        queue_effects::ended_at.eq(Some(now)),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Notes why the intent has no end, and that only a person can end it when `ambiguous`.
pub(crate) async fn unknown(
    db: &mut Db,
    (job, key): (JobId, &str),
    fence: i64,
    why: JobError,
    ambiguous: bool,
) -> Result<(), DbError> {
    let state = if ambiguous {
        EffectState::Ambiguous
    } else {
        EffectState::Intended
    };
    let statement = diesel::update(
        queue_effects::table
            .find((job, key))
            .filter(queue_effects::fence.eq(fence))
            .filter(open()),
    )
    .set((
        queue_effects::state.eq(state),
        queue_effects::error_code.eq(Some(why.code)),
        queue_effects::error_message.eq(Some(why.message)),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// The effects of one job of the scope, in the order of their newest calls.
pub(crate) async fn effects(db: &mut Db, scope: Scope, job: JobId) -> Result<Vec<Effect>, DbError> {
    let query = queue_effects::table
        .inner_join(queue_jobs::table)
        .filter(queue_effects::job_id.eq(job))
        .order((queue_effects::intended_at, queue_effects::key))
        .select((
            queue_effects::all_columns,
            queue_jobs::state,
            queue_jobs::tenant_id,
        ));
    let rows: Vec<(EffectRow, State, Option<TenantKey>)> =
        db::on!(db, conn => query.load(conn).await)?;
    let seen = rows
        .into_iter()
        .filter(|(_, _, tenant)| match scope {
            Scope::Operator => true,
            Scope::Tenant(own) => *tenant == Some(TenantKey(own)),
        })
        .map(|(row, state, _)| row.into_effect(state));
    Ok(seen.collect())
}

/// The effects of the scope that a person must look at, of the newest jobs first; the page counts
/// jobs.
pub(crate) async fn ambiguous_effects(
    db: &mut Db,
    scope: Scope,
    page: Page,
) -> Result<Vec<Effect>, DbError> {
    let rows: Vec<(EffectRow, State)> = db::on!(db, conn => {
        let mut jobs = queue_effects::table
            .inner_join(queue_jobs::table)
            .filter(unsettled())
            .select(queue_effects::job_id)
            .distinct()
            .order(queue_effects::job_id.desc())
            .limit(i64::from(page.limit.clamp(1, 1000)))
            .into_boxed();
        if let Scope::Tenant(tenant) = scope {
            jobs = jobs.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
        }
        if let Some(after) = page.after {
            jobs = jobs.filter(queue_effects::job_id.lt(after));
        }
        let jobs: Vec<JobId> = jobs.load(conn).await?;
        queue_effects::table
            .inner_join(queue_jobs::table)
            .filter(queue_effects::job_id.eq_any(jobs))
            .filter(unsettled())
            .order((queue_effects::job_id.desc(), queue_effects::key))
            .select((queue_effects::all_columns, queue_jobs::state))
            .load(conn)
            .await
    })?;
    let effects = rows.into_iter();
    Ok(effects.map(|(row, state)| row.into_effect(state)).collect())
}

/// Writes what a person found out. Runs inside the caller's transaction.
pub(crate) async fn resolve(
    db: &mut Db,
    by: &Actor,
    (job, key): (JobId, &str),
    resolution: Resolution,
    note: &str,
    now: Time,
) -> Result<Resolved, DbError> {
    let Some(state) = hold(db, by.scope(), job).await?.map(|found| found.state) else {
        return Ok(Resolved::NotFound);
    };
    let row = queue_effects::table.find((job, key));
    let found: Option<EffectRow> = match db {
        Db::Pg(conn) => row.for_update().first(conn).await.optional()?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => row.first(conn).await.optional()?,
    };
    let Some(found) = found else {
        return Ok(Resolved::NotFound);
    };
    let standing = found.standing(state);
    let only_its_outcome_is_lost = standing == EffectState::Happened
        && found.outcome.is_none()
        && matches!(resolution, Resolution::Happened(_));
    if standing != EffectState::Ambiguous && !only_its_outcome_is_lost {
        return Ok(Resolved::NotAmbiguous(standing));
    }
    let (state, outcome) = match resolution {
        Resolution::Happened(outcome) => (EffectState::Happened, Some(Document(outcome))),
        Resolution::NotHappened => (EffectState::NotHappened, None),
    };
    let statement = diesel::update(queue_effects::table.find((job, key))).set((
        queue_effects::state.eq(state),
        queue_effects::outcome.eq(outcome),
        queue_effects::error_code.eq(None::<String>),
        queue_effects::error_message.eq(None::<String>),
        queue_effects::ended_at.eq(Some(now)),
        queue_effects::resolved_by.eq(Some(by.name())),
        queue_effects::resolved_note.eq(Some(note)),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(Resolved::Done)
}

/// An intent without an end.
pub(super) fn open() -> SqlLiteral<Bool> {
    diesel::dsl::sql("queue_effects.state IN ('intended', 'ambiguous')")
}

/// What nobody but a person will settle. It begins with the condition of the partial index, as
/// text, which is how SQLite recognises it.
fn unsettled() -> SqlLiteral<Bool> {
    diesel::dsl::sql(
        "queue_effects.outcome IS NULL AND queue_effects.state <> 'not_happened' \
         AND (queue_effects.state <> 'intended' OR queue_jobs.finished_at IS NOT NULL)",
    )
}
