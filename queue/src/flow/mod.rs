//! Flows: jobs that wait for other jobs, enqueued together in one transaction.

mod acts;
mod edge;
mod needed;
mod view;

use std::collections::HashSet;

use db::{Db, Time};
use uuid::Uuid;

use crate::enqueue::{self, Entry};
use crate::wake::News;
use crate::{JobId, NewJob, Queue, QueueError, State, store};

pub use acts::CancelledFlow;
pub use edge::{Edge, OnFailure};
pub(crate) use edge::{Judgement, judge};
pub use view::FlowView;

db::id! {
    /// The id of a flow. It sorts by creation.
    pub FlowId
}

/// The most jobs of one flow.
const LIMIT: usize = 1000;

/// A flow to enqueue. A job can only need jobs that were added before it, so that no circle can
/// be written.
///
/// ```
/// # use queue::{Backoff, Contract, Flow, NewJob, OnFailure, QueueError};
/// # use std::time::Duration;
/// # macro_rules! kinds { ($($name:ident = $kind:literal),*) => { $(
/// #     #[derive(serde::Serialize, serde::Deserialize)]
/// #     struct $name;
/// #     impl Contract for $name {
/// #         const KIND: &'static str = $kind;
/// #         const QUEUE: &'static str = "any";
/// #         const MAX_ATTEMPTS: i32 = 3;
/// #         const TIMEOUT: Duration = Duration::from_secs(60);
/// #         const BACKOFF: Backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(9));
/// #         type Output = ();
/// #     }
/// # )* } }
/// # kinds!(Resize = "resize_image", Upload = "upload_image", Tell = "tell_readers");
/// # fn flow() -> Result<Flow, QueueError> {
/// let mut flow = Flow::new();
/// let resized = flow.add(NewJob::of(&Resize)?);
/// let uploaded = flow.add(NewJob::of(&Upload)?.after(resized, OnFailure::Cancel));
/// flow.add(NewJob::of(&Tell)?.after(uploaded, OnFailure::Hold));
/// # Ok(flow)
/// # }
/// # flow().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Flow {
    id: FlowId,
    steps: Vec<FlowJob>,
}

/// A job that was added to a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    flow: FlowId,
    job: JobId,
}

impl Step {
    /// The id its job will have.
    pub fn job_id(self) -> JobId {
        self.job
    }
}

/// A job with what it needs.
#[derive(Debug, Clone)]
pub struct FlowJob {
    job: NewJob,
    needs: Vec<(Step, OnFailure)>,
}

impl FlowJob {
    /// It waits for this one too.
    #[must_use]
    pub fn after(mut self, needed: Step, on_failure: OnFailure) -> Self {
        self.needs.push((needed, on_failure));
        self
    }
}

impl NewJob {
    /// It waits, blocked, until `needed` has ended; `on_failure` says what becomes of it when
    /// that one ends dead or cancelled.
    #[must_use]
    pub fn after(self, needed: Step, on_failure: OnFailure) -> FlowJob {
        FlowJob::from(self).after(needed, on_failure)
    }
}

impl From<NewJob> for FlowJob {
    fn from(job: NewJob) -> Self {
        Self {
            job,
            needs: Vec::new(),
        }
    }
}

/// A flow that was enqueued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnqueuedFlow {
    /// Its id.
    pub id: FlowId,
    /// Its jobs, in the order in which they were added.
    pub jobs: Vec<JobId>,
}

impl Flow {
    /// An empty flow.
    #[expect(
        clippy::new_without_default,
        reason = "a default flow would have a new id each time"
    )]
    pub fn new() -> Self {
        Self {
            id: FlowId::new(),
            steps: Vec::new(),
        }
    }

    /// The id it will have.
    pub fn id(&self) -> FlowId {
        self.id
    }

    /// Adds a job, and answers what later ones can need.
    pub fn add(&mut self, job: impl Into<FlowJob>) -> Step {
        let step = job.into();
        let job = step.job.id;
        self.steps.push(step);
        Step { flow: self.id, job }
    }

    fn check(&self) -> Result<(), QueueError> {
        let invalid = |message: String| Err(QueueError::Invalid { message });
        if self.steps.is_empty() || self.steps.len() > LIMIT {
            return invalid(format!("a flow has 1 to {LIMIT} jobs"));
        }
        let tenant = |step: &FlowJob| step.job.tenant_id;
        let first: Option<Option<Uuid>> = self.steps.first().map(tenant);
        if self.steps.iter().any(|step| Some(tenant(step)) != first) {
            return invalid("the jobs of a flow belong to one tenant".into());
        }
        for step in &self.steps {
            if step.job.unique.is_some() {
                return invalid("a job of a flow has no unique key".into());
            }
            if step.needs.iter().any(|(needed, _)| needed.flow != self.id) {
                return invalid("a job needs jobs of its own flow only".into());
            }
            let needed: HashSet<JobId> = step.needs.iter().map(|(step, _)| step.job).collect();
            if needed.len() < step.needs.len() {
                return invalid("a job needs another only once".into());
            }
        }
        Ok(())
    }
}

/// Inserts `flow` in the caller's transaction.
pub(crate) async fn in_transaction(
    db: &mut Db,
    flow: Flow,
    now: Time,
    news: &mut News,
) -> Result<EnqueuedFlow, QueueError> {
    flow.check()?;
    let mut jobs = Vec::with_capacity(flow.steps.len());
    let mut entries = Vec::with_capacity(flow.steps.len());
    let mut edges = Vec::new();
    for FlowJob { mut job, needs } in flow.steps {
        job.flow_id = Some(flow.id);
        let id = job.id;
        entries.push(if needs.is_empty() {
            Entry::of(job, now)?
        } else {
            Entry::in_state(job, State::Blocked, now)?
        });
        jobs.push(id);
        edges.extend(needs.into_iter().map(|(needed, on_failure)| Edge {
            job_id: id,
            needs_id: needed.job,
            on_failure,
        }));
    }
    enqueue::all(db, entries, news).await?;
    store::insert_edges(db, &edges).await?;
    Ok(EnqueuedFlow { id: flow.id, jobs })
}

impl Queue {
    /// Enqueues a flow in a transaction of its own. See [`crate::Tx::enqueue_flow`].
    pub async fn enqueue_flow(&self, flow: Flow) -> Result<EnqueuedFlow, QueueError> {
        self.transaction(move |tx| Box::pin(async move { tx.enqueue_flow(flow).await }))
            .await
    }
}
