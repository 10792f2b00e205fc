//! One job's whole story: what it is, who tried it and how that ended, what it did outside, what
//! it said, what it waits for and who waits for it, and what people did to it.

use std::collections::HashMap;

use db::Time;
use serde::Serialize;

use crate::store::{self, Hands};
use crate::{
    Act, ActFilter, Attempt, Edge, Effect, Ended, Job, JobId, LogLine, Page, Queue, QueueError,
    Scope, State, Tick, WorkerId, WorkerName,
};

/// How many acts on one job a story tells, the newest.
const ACTS: u16 = 200;

/// The story of one job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// The job as it is now.
    pub job: Job,
    /// Every attempt, also the good one and the one that runs, oldest first.
    pub attempts: Vec<Try>,
    /// What it did outside, or meant to, oldest first.
    pub effects: Vec<Effect>,
    /// What its bodies said, oldest first: the newest 500 lines.
    pub log: Vec<LogLine>,
    /// Which jobs it needs.
    pub needs: Vec<Edge>,
    /// Which jobs need it.
    pub needed_by: Vec<Edge>,
    /// The tick that made it.
    pub tick: Option<Tick>,
    /// What people did to it and its effects, newest first. A tenant sees its own acts only.
    pub acts: Vec<Act>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Try {
    /// Its number, from 1.
    pub attempt: i32,
    /// Its fencing token.
    pub fence: i64,
    /// How it ended: a word of [`Ended`], or `done`, or `running`.
    pub ended: &'static str,
    /// The worker incarnation that ran it.
    pub worker_id: Option<WorkerId>,
    /// Which process that was; none: it is forgotten.
    pub worker: Option<WorkerName>,
    /// The stable name of the reason.
    pub code: Option<String>,
    /// The reason for people.
    pub message: Option<String>,
    /// When it started.
    pub started_at: Option<Time>,
    /// When it ended; none while it runs.
    pub finished_at: Option<Time>,
}

impl From<Attempt> for Try {
    fn from(attempt: Attempt) -> Self {
        Self {
            attempt: attempt.attempt,
            fence: attempt.fence,
            ended: Ended::as_str(attempt.ended),
            worker_id: attempt.worker_id,
            worker: None,
            code: attempt.code,
            message: attempt.message,
            started_at: attempt.started_at,
            finished_at: Some(attempt.finished_at),
        }
    }
}

impl Try {
    /// The attempt that the row itself tells of: the good one, or the one that runs.
    fn of_row(job: &Job, hands: &Hands) -> Option<Self> {
        let (ended, worker_id) = match job.state {
            State::Done => ("done", hands.done_by),
            State::Running => ("running", hands.worker_id),
            _ => return None,
        };
        Some(Self {
            attempt: job.attempt,
            fence: hands.fence,
            ended,
            worker_id,
            worker: None,
            code: None,
            message: None,
            started_at: job.started_at,
            finished_at: job.finished_at,
        })
    }
}

impl Queue {
    /// One job of the scope with everything that is known of it. Each part is read as it is at its
    /// own moment: of a job that moves meanwhile, they may differ by a step.
    pub async fn story(&self, scope: Scope, id: JobId) -> Result<Option<Story>, QueueError> {
        let mut db = self.pool().get().await?;
        let Some(job) = store::job(&mut db, scope, id).await? else {
            return Ok(None);
        };
        let Some(hands) = store::hands(&mut db, id).await? else {
            return Ok(None);
        };
        let attempts = store::attempts(&mut db, id).await?;
        let mut attempts: Vec<Try> = attempts.into_iter().map(Try::from).collect();
        attempts.extend(Try::of_row(&job, &hands));
        let ids: Vec<WorkerId> = attempts.iter().filter_map(|it| it.worker_id).collect();
        let names = store::incarnations(&mut db, &ids).await?;
        let names: HashMap<WorkerId, WorkerName> =
            names.into_iter().map(|name| (name.id, name)).collect();
        for it in &mut attempts {
            it.worker = it.worker_id.and_then(|id| names.get(&id).cloned());
        }
        let filter = ActFilter {
            target: Some(id.to_string()),
            ..ActFilter::default()
        };
        let page = Page {
            after: None,
            limit: ACTS,
        };
        let mut acts = store::acts(&mut db, &filter, page).await?;
        if let Scope::Tenant(tenant) = scope {
            acts.retain(|act| act.tenant_id == Some(tenant));
        }
        let tick = store::tick_of(&mut db, id).await?;
        Ok(Some(Story {
            attempts,
            effects: store::effects(&mut db, scope, id).await?,
            log: store::log_of(&mut db, id).await?,
            needs: store::edges_of(&mut db, &[id]).await?,
            needed_by: store::edges_to(&mut db, id).await?,
            tick: tick.map(|(schedule_id, at)| Tick { schedule_id, at }),
            acts,
            job,
        }))
    }
}
