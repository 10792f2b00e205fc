//! Flows: who needs whom, and what follows when a job ends.
//!
//! Whatever ends or revives a job of a flow takes the flow's lock first, in a statement of its
//! own, and changes and judges in later ones: each sees what the one before committed. So two
//! jobs that end at the same moment move the one that needs both exactly once. The lock comes
//! before all locks on rows, and no two changes of one flow can wait for each other.

use std::collections::HashMap;

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::act::cancel_alone;
use super::postgres;
use super::row::{Row, TenantKey, read};
use super::schema::{queue_edges, queue_jobs};
use crate::flow::{Judgement, judge};
use crate::wake::News;
use crate::{Cancel, CancelledFlow, Edge, FlowId, Job, JobId, Scope, State};

/// A job that was moved because of another.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    pub id: JobId,
    pub queue: String,
    /// Where to.
    pub state: State,
}

impl Moved {
    pub(crate) fn tell(&self, news: &mut News) {
        news.job(self.id);
        match self.state {
            State::Waiting => news.look(self.queue.clone()),
            State::Scheduled => news.due(),
            _ => {}
        }
    }
}

/// Lets no one else change these flows until the transaction ends. It comes before every other
/// lock of the transaction. SQLite has one writer anyway.
pub(crate) async fn lock_flows(db: &mut Db, flows: &[FlowId]) -> Result<(), DbError> {
    match db {
        Db::Pg(conn) if !flows.is_empty() => postgres::lock_flows(conn, flows).await,
        _ => Ok(()),
    }
}

/// Locks the flow of a job, if it is of one. A job never changes its flow.
pub(super) async fn lock_flow_of(db: &mut Db, id: JobId) -> Result<Option<FlowId>, DbError> {
    let query = queue_jobs::table.find(id).select(queue_jobs::flow_id);
    let flow: Option<Option<FlowId>> = db::on!(db, conn => query.first(conn).await.optional())?;
    let flow = flow.flatten();
    lock_flows(db, flow.as_slice()).await?;
    Ok(flow)
}

/// Adds what the jobs of a new flow need.
pub(crate) async fn insert_edges(db: &mut Db, edges: &[Edge]) -> Result<(), DbError> {
    for edge in edges {
        let statement = diesel::insert_into(queue_edges::table).values((
            queue_edges::job_id.eq(edge.job_id),
            queue_edges::needs_id.eq(edge.needs_id),
            queue_edges::on_failure.eq(edge.on_failure),
        ));
        db::on!(db, conn => statement.execute(conn).await)?;
    }
    Ok(())
}

/// Those of `jobs` that have ended and that others may need.
pub(super) async fn ended(db: &mut Db, jobs: &[JobId]) -> Result<Vec<JobId>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::id.eq_any(jobs))
        .filter(queue_jobs::flow_id.is_not_null())
        .filter(queue_jobs::finished_at.is_not_null())
        .select(queue_jobs::id);
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// Moves whoever needed what has `ended`, and whoever needed those that are cancelled for it.
pub(super) async fn follow(
    db: &mut Db,
    mut ended: Vec<JobId>,
    now: Time,
) -> Result<Vec<Moved>, DbError> {
    let mut all = Vec::new();
    while !ended.is_empty() {
        let query = queue_edges::table
            .filter(queue_edges::needs_id.eq_any(&ended))
            .select(queue_edges::job_id)
            .distinct();
        let dependents: Vec<JobId> = db::on!(db, conn => query.load(conn).await)?;
        let moved = judge_each(db, &dependents, now).await?;
        ended = cancelled(&moved);
        all.extend(moved);
    }
    Ok(all)
}

fn cancelled(moved: &[Moved]) -> Vec<JobId> {
    let cancelled = moved.iter().filter(|job| job.state == State::Cancelled);
    cancelled.map(|job| job.id).collect()
}

/// Judges those of `jobs` that are blocked, and moves each where it belongs.
async fn judge_each(db: &mut Db, jobs: &[JobId], now: Time) -> Result<Vec<Moved>, DbError> {
    let query = queue_jobs::table
        .filter(queue_jobs::id.eq_any(jobs))
        .filter(queue_jobs::state.eq(State::Blocked))
        .order(queue_jobs::id)
        .select((queue_jobs::id, queue_jobs::queue, queue_jobs::run_at));
    let blocked: Vec<(JobId, String, Time)> = db::on!(db, conn => query.load(conn).await)?;
    if blocked.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<JobId> = blocked.iter().map(|(id, ..)| *id).collect();
    let mut judgements = judgements(db, &ids).await?;
    let mut moved = Vec::new();
    for (id, queue, run_at) in blocked {
        let state = match judgements.remove(&id).unwrap_or(Judgement::Ready) {
            Judgement::Blocked => continue,
            Judgement::Ready => begin(db, id, run_at, now).await?,
            Judgement::Failed(needed) => cancel_for(db, id, needed, now).await?,
        };
        moved.push(Moved { id, queue, state });
    }
    Ok(moved)
}

/// What follows for each of `jobs`; those that need nothing are absent.
async fn judgements(db: &mut Db, jobs: &[JobId]) -> Result<HashMap<JobId, Judgement>, DbError> {
    let edges = edges_of(db, jobs).await?;
    let needed: Vec<JobId> = edges.iter().map(|edge| edge.needs_id).collect();
    let query = queue_jobs::table
        .filter(queue_jobs::id.eq_any(&needed))
        .select((queue_jobs::id, queue_jobs::state));
    let states: Vec<(JobId, State)> = db::on!(db, conn => query.load(conn).await)?;
    let states: HashMap<JobId, State> = states.into_iter().collect();
    let mut needs: HashMap<JobId, Vec<(Edge, Option<State>)>> = HashMap::new();
    for edge in edges {
        let state = states.get(&edge.needs_id).copied();
        needs.entry(edge.job_id).or_default().push((edge, state));
    }
    let judged = needs.into_iter().map(|(id, needs)| (id, judge(needs)));
    Ok(judged.collect())
}

/// Where a job stands by what it needs.
pub(super) async fn judgement(db: &mut Db, job: JobId) -> Result<Judgement, DbError> {
    let judged = judgements(db, &[job]).await?.remove(&job);
    Ok(judged.unwrap_or(Judgement::Ready))
}

async fn begin(db: &mut Db, id: JobId, run_at: Time, now: Time) -> Result<State, DbError> {
    let state = State::until(run_at, now);
    let statement = diesel::update(queue_jobs::table.find(id)).set((
        queue_jobs::state.eq(state),
        // It has waited from now on.
        queue_jobs::run_at.eq(run_at.max(now)),
    ));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(state)
}

async fn cancel_for(db: &mut Db, id: JobId, needed: JobId, now: Time) -> Result<State, DbError> {
    let edge = queue_edges::table.find((id, needed));
    let statement = diesel::update(edge).set(queue_edges::fired.eq(true));
    db::on!(db, conn => statement.execute(conn).await)?;
    let why = format!("it needs job {needed}, which failed");
    cancel_alone(db, Scope::Operator, id, &why, now).await?;
    Ok(State::Cancelled)
}

/// Blocks again what was cancelled because `retried` had failed, and so on along the flow, and
/// judges it anew.
pub(super) async fn revive(db: &mut Db, retried: JobId, now: Time) -> Result<Vec<Moved>, DbError> {
    let (mut revived, mut needed) = (Vec::new(), vec![retried]);
    while !needed.is_empty() {
        let fired = queue_edges::table
            .filter(queue_edges::needs_id.eq_any(needed))
            .filter(queue_edges::fired);
        let query = queue_jobs::table
            .filter(queue_jobs::id.eq_any(fired.select(queue_edges::job_id)))
            .filter(queue_jobs::state.eq(State::Cancelled))
            .select(queue_jobs::id);
        let jobs: Vec<JobId> = db::on!(db, conn => query.load(conn).await)?;
        let unfired = queue_edges::table.filter(queue_edges::job_id.eq_any(jobs.clone()));
        let statement = diesel::update(unfired).set(queue_edges::fired.eq(false));
        db::on!(db, conn => statement.execute(conn).await)?;
        let cancelled = queue_jobs::table.filter(queue_jobs::id.eq_any(jobs.clone()));
        let statement = diesel::update(cancelled).set((
            queue_jobs::state.eq(State::Blocked),
            queue_jobs::fence.eq(queue_jobs::fence + 1),
            queue_jobs::finished_at.eq(None::<Time>),
            queue_jobs::cancel_requested_at.eq(None::<Time>),
            queue_jobs::cancel_reason.eq(None::<String>),
        ));
        db::on!(db, conn => statement.execute(conn).await)?;
        revived.extend(jobs.iter().copied());
        needed = jobs;
    }
    // One may need another that is still dead: then it is cancelled again, for that reason.
    let mut moved = judge_each(db, &revived, now).await?;
    let again = follow(db, cancelled(&moved), now).await?;
    let queues = queue_jobs::table
        .filter(queue_jobs::id.eq_any(&revived))
        .filter(queue_jobs::state.eq(State::Blocked))
        .select((queue_jobs::id, queue_jobs::queue));
    let blocked: Vec<(JobId, String)> = db::on!(db, conn => queues.load(conn).await)?;
    let state = State::Blocked;
    moved.extend(again);
    moved.extend(
        blocked
            .into_iter()
            .map(|(id, queue)| Moved { id, queue, state }),
    );
    Ok(moved)
}

/// Cancels every unfinished job of a flow, and names them. Runs inside the caller's transaction.
pub(crate) async fn cancel_flow(
    db: &mut Db,
    scope: Scope,
    flow: FlowId,
    why: &str,
    now: Time,
) -> Result<Option<(CancelledFlow, Vec<JobId>)>, DbError> {
    lock_flows(db, &[flow]).await?;
    let jobs = flow_jobs(db, scope, flow).await?;
    if jobs.is_empty() {
        return Ok(None);
    }
    let (mut count, mut changed) = (CancelledFlow::default(), Vec::new());
    for job in jobs {
        match cancel_alone(db, scope, job.id, why, now).await? {
            Cancel::Done => count.done += 1,
            Cancel::Requested => count.requested += 1,
            Cancel::AlreadyFinished | Cancel::NotFound => continue,
        }
        changed.push(job.id);
    }
    Ok(Some((count, changed)))
}

/// Judges up to `limit` blocked jobs that wait for nothing any more. Runs inside the caller's
/// transaction.
pub(crate) async fn unblock(db: &mut Db, limit: usize, now: Time) -> Result<Vec<Moved>, DbError> {
    // The state is a literal, because SQLite picks a partial index by the statement's text.
    let stuck = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "queue_jobs.state = 'blocked' AND (NOT EXISTS (SELECT 1 FROM queue_edges e \
         JOIN queue_jobs n ON n.id = e.needs_id WHERE e.job_id = queue_jobs.id \
         AND (n.finished_at IS NULL OR (e.on_failure = 'hold' AND n.state <> 'done'))) \
         OR EXISTS (SELECT 1 FROM queue_edges e JOIN queue_jobs n ON n.id = e.needs_id \
         WHERE e.job_id = queue_jobs.id AND e.on_failure = 'cancel' AND n.state IN ('dead', 'cancelled')))",
    );
    let query = queue_jobs::table
        .filter(stuck)
        .order(queue_jobs::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((queue_jobs::id, queue_jobs::flow_id));
    let found: Vec<(JobId, Option<FlowId>)> = db::on!(db, conn => query.load(conn).await)?;
    let (jobs, flows): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let flows: Vec<FlowId> = flows.into_iter().flatten().collect();
    lock_flows(db, &flows).await?;
    let mut moved = judge_each(db, &jobs, now).await?;
    let more = follow(db, cancelled(&moved), now).await?;
    moved.extend(more);
    Ok(moved)
}

/// The jobs of one flow of the scope, in the order of their ids.
pub(crate) async fn flow_jobs(
    db: &mut Db,
    scope: Scope,
    flow: FlowId,
) -> Result<Vec<Job>, DbError> {
    let rows: Vec<Row> = db::on!(db, conn => {
        let mut query = queue_jobs::table
            .filter(queue_jobs::flow_id.eq(flow))
            .order(queue_jobs::id)
            .select(read())
            .into_boxed();
        if let Scope::Tenant(tenant) = scope {
            query = query.filter(queue_jobs::tenant_id.eq(TenantKey(tenant)));
        }
        query.load(conn).await
    })?;
    Ok(rows.into_iter().map(Row::into_job).collect())
}

/// The jobs of the scope that `job` needs, in the order of their ids.
pub(crate) async fn needed(db: &mut Db, scope: Scope, job: JobId) -> Result<Vec<Job>, DbError> {
    let edges = edges_of(db, &[job]).await?;
    let ids: Vec<JobId> = edges.iter().map(|edge| edge.needs_id).collect();
    let mut jobs = super::jobs_by_id(db, scope, &ids).await?;
    jobs.sort_unstable_by_key(|job| job.id);
    Ok(jobs)
}

/// Who needs `job`.
pub(crate) async fn edges_to(db: &mut Db, job: JobId) -> Result<Vec<Edge>, DbError> {
    let query = queue_edges::table
        .filter(queue_edges::needs_id.eq(job))
        .order(queue_edges::job_id)
        .select((
            queue_edges::job_id,
            queue_edges::needs_id,
            queue_edges::on_failure,
        ));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}

/// What `jobs` need.
pub(crate) async fn edges_of(db: &mut Db, jobs: &[JobId]) -> Result<Vec<Edge>, DbError> {
    let query = queue_edges::table
        .filter(queue_edges::job_id.eq_any(jobs))
        .order((queue_edges::job_id, queue_edges::needs_id))
        .select((
            queue_edges::job_id,
            queue_edges::needs_id,
            queue_edges::on_failure,
        ));
    Ok(db::on!(db, conn => query.load(conn).await)?)
}
