//! The durable job engine: jobs are rows, claimed under a lease, written under a fencing token,
//! retried by the row's own policy. It knows no business word and could serve any program that
//! has one of the two databases.
//!
//! [`Queue`] is the whole of it for whoever enqueues, reads and acts; [`WorkerHandle`] and
//! [`apalis`] are for processes that run bodies; [`Context`] is what a body is given.

pub mod apalis;
mod backoff;
mod cancel;
mod checkpoint;
mod claim;
mod clock;
mod context;
mod contract;
mod cron;
mod depths;
mod due;
mod effects;
mod engine;
mod enqueue;
mod error;
mod fault;
mod fence;
mod finish;
mod flow;
mod held;
mod jitter;
mod job;
mod keeper;
mod lane;
mod lease;
mod limits;
mod new_job;
mod outcome;
mod pause;
mod progress;
mod promote;
mod retry;
mod schedules;
mod scope;
mod store;
mod transaction;
mod view;
mod wake;
mod watch;
mod worker;

pub use backoff::Backoff;
pub use cancel::Cancel;
pub use checkpoint::Checkpoint;
pub use claim::Claimed;
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::Context;
pub use contract::Contract;
pub use cron::{Cron, CronError};
pub use depths::Depth;
pub use effects::{
    CallError, Effect, EffectState, EffectToken, Effects, NamedEffect, ReconcilableEffect,
    Reconciled, Resolution, Resolved,
};
pub use engine::{Options, Queue};
pub use error::QueueError;
pub use fault::{Class, Fault};
pub use finish::Finished;
pub use flow::{
    CancelledFlow, Edge, EnqueuedFlow, Flow, FlowId, FlowJob, FlowView, OnFailure, Step,
};
pub use held::StopReason;
pub use job::{Attempt, Ended, Job, JobError, JobId, State, WorkerId};
pub use keeper::{Duty, Leader, Retention, Term};
pub use limits::{Limit, Rate};
pub use new_job::{DOCUMENT_LIMIT_BYTES, Enqueued, NewJob};
pub use outcome::Outcome;
pub use retry::Retried;
pub use schedules::{CatchUp, NewSchedule, Schedule, ScheduleId, Tick};
pub use scope::{Filter, Page, Scope};
pub use transaction::Tx;
pub use watch::Watch;
pub use worker::WorkerHandle;
