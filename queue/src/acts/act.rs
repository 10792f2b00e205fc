//! One act, as it is written down and read.

use db::Time;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{FlowId, JobId, ScheduleId};

db::id! {
    /// The id of an act. It sorts by time.
    pub ActId
}

db::text_enum! {
    /// What people can do.
    pub enum Deed {
        /// A job was cancelled, or asked to stop.
        CancelJob = "cancel_job",
        /// A dead or cancelled job was made to wait again.
        RetryJob = "retry_job",
        /// Many of them were.
        RedriveJobs = "redrive_jobs",
        /// A flow's unfinished jobs were cancelled.
        CancelFlow = "cancel_flow",
        /// An effect was settled.
        ResolveEffect = "resolve_effect",
        /// A queue's claims were stopped.
        PauseQueue = "pause_queue",
        /// They were, for what runs to end.
        DrainQueue = "drain_queue",
        /// They may go on.
        ResumeQueue = "resume_queue",
        /// The number of a queue's jobs that run at a time was set.
        LimitQueue = "limit_queue",
        /// A limit was set or changed.
        SetLimit = "set_limit",
        /// A limit was removed.
        DeleteLimit = "delete_limit",
        /// A schedule was stopped from ticking.
        PauseSchedule = "pause_schedule",
        /// It ticks again.
        ResumeSchedule = "resume_schedule",
        /// A schedule's job was enqueued outside its ticks.
        TriggerSchedule = "trigger_schedule",
        /// A schedule was deleted.
        DeleteSchedule = "delete_schedule",
        /// Everything of a tenant's was erased.
        EraseTenant = "erase_tenant",
    }
}

/// What someone did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Act {
    /// Its id.
    pub id: ActId,
    /// When.
    pub at: Time,
    /// Who: an operator's name, or a tenant's id.
    pub actor: String,
    /// The tenant, when it acted itself; none: an operator did.
    pub tenant_id: Option<Uuid>,
    /// A word of [`Deed`], or of a newer program.
    pub act: String,
    /// What it was done to: `job`, `queue`, `limit`, `schedule`, `flow`, `effect` or `tenant`.
    pub target_kind: String,
    /// Its id or name; of an effect, its job's id. `*` is all queues.
    pub target: String,
    /// What else there is to tell, such as how many jobs it was and why.
    pub details: Value,
}

/// Which acts to list; an empty filter lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActFilter {
    /// Only those of this operator, or this tenant by its id.
    pub actor: Option<String>,
    /// Only those of this word.
    pub act: Option<String>,
    /// Only those done to the thing with this id or name.
    pub target: Option<String>,
}

/// What an act is done to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    Job(JobId),
    Effect(JobId),
    Flow(FlowId),
    Schedule(ScheduleId),
    Queue(&'a str),
    Limit(&'a str),
    Tenant(Uuid),
}

impl Target<'_> {
    /// Its kind, and which of them it is.
    pub(crate) fn words(self) -> (&'static str, String) {
        match self {
            Self::Job(id) => ("job", id.to_string()),
            Self::Effect(job) => ("effect", job.to_string()),
            Self::Flow(id) => ("flow", id.to_string()),
            Self::Schedule(id) => ("schedule", id.to_string()),
            Self::Queue(name) => ("queue", name.to_owned()),
            Self::Limit(name) => ("limit", name.to_owned()),
            Self::Tenant(id) => ("tenant", id.to_string()),
        }
    }
}
