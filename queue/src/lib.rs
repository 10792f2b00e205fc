//! The durable job engine: jobs are rows, claimed under a lease, written under a fencing token,
//! retried by the row's own policy. It knows no business word and could serve any program that
//! has one of the two databases.
//!
//! [`Queue`] is the whole of it for whoever enqueues, reads and acts; [`WorkerHandle`] and
//! [`apalis`] are for processes that run bodies; [`Context`] is what a body is given.

mod acts;
pub mod apalis;
mod backoff;
mod cancel;
mod checkpoint;
mod claim;
mod clock;
mod context;
mod contract;
mod controls;
mod cron;
mod depths;
mod due;
mod effects;
mod engine;
mod enqueue;
mod erasing;
mod error;
mod fault;
mod fence;
mod filter;
mod finish;
mod flow;
mod held;
mod jitter;
mod job;
mod keeper;
mod lane;
mod lease;
mod limits;
mod log;
mod new_job;
mod outcome;
mod pause;
mod progress;
mod promote;
mod redrive;
mod retry;
mod schedules;
mod scope;
mod search;
mod store;
mod story;
mod trace;
mod transaction;
mod view;
mod wake;
mod watch;
mod worker;
mod workers;

pub use acts::{Act, ActFilter, ActId, Actor, Deed};
pub use backoff::Backoff;
pub use cancel::Cancel;
pub use checkpoint::Checkpoint;
pub use claim::Claimed;
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::Context;
pub use contract::Contract;
pub use controls::{ALL_QUEUES, Control, QueueView, Queues};
pub use cron::{Cron, CronError};
pub use depths::Depth;
pub use effects::{
    CallError, Effect, EffectState, EffectToken, Effects, NamedEffect, ReconcilableEffect,
    Reconciled, Resolution, Resolved,
};
pub use engine::{Options, Queue};
pub use erasing::{ErasedTenant, Erasing, TenantHeld};
pub use error::QueueError;
pub use fault::{Class, Fault};
pub use filter::{Between, Filter, PayloadField};
pub use finish::Finished;
pub use flow::{
    CancelledFlow, Edge, EnqueuedFlow, Flow, FlowId, FlowJob, FlowView, OnFailure, Step,
};
pub use held::StopReason;
pub use job::{Attempt, Ended, Job, JobError, JobId, State, WorkerId};
pub use keeper::{Duty, Leader, Retention, Term};
pub use limits::{Limit, Rate};
pub use log::{LogLevel, LogLine};
pub use new_job::{DOCUMENT_LIMIT_BYTES, Enqueued, NewJob};
pub use outcome::Outcome;
pub use redrive::Redriven;
pub use retry::Retried;
pub use schedules::{CatchUp, NewSchedule, Schedule, ScheduleId, Tick};
pub use scope::{Page, Scope};
pub use search::Found;
pub use story::{Story, Try};
pub use trace::{NotATraceId, TraceId};
pub use transaction::Tx;
pub use watch::Watch;
pub use worker::WorkerHandle;
pub use workers::{WorkerName, WorkerView};
