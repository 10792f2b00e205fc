//! How an attempt ended, as the body says it.

use db::Time;
use serde_json::Value;

use crate::{Class, Fault};

/// The whole of what a body can say at its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Finished, with its output.
    Done(Value),
    /// Failed; try again after the back-off, while attempts remain.
    Retry(Fault),
    /// Not now: start again at `until`. The attempt is not counted.
    Snooze {
        /// Not before.
        until: Time,
        /// For people.
        why: String,
    },
    /// Stopped, for this reason.
    Cancelled(String),
    /// Failed for good.
    Dead(Fault),
}

impl Outcome {
    /// The word of this outcome in metrics and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Retry(_) => "retry",
            Self::Snooze { .. } => "snooze",
            Self::Cancelled(_) => "cancelled",
            Self::Dead(_) => "dead",
        }
    }
}

impl From<Result<Value, Fault>> for Outcome {
    fn from(result: Result<Value, Fault>) -> Self {
        match result {
            Ok(output) => Self::Done(output),
            Err(fault) => fault.into(),
        }
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        match fault.class {
            Class::Transient | Class::RateLimited { .. } => Self::Retry(fault),
            Class::Permanent | Class::Unauthorised => Self::Dead(fault),
        }
    }
}
