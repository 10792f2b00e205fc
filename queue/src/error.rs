//! What can go wrong in the engine.

use db::DbError;

use crate::CronError;

/// An error of the engine itself; a body's failure is a [`crate::Fault`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueueError {
    /// The database refused or could not be reached.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A payload, output or checkpoint is larger than a row may carry. Large things belong in
    /// object storage, with their name in the payload.
    #[error("the {what} is {bytes} bytes, above the limit of {limit} bytes")]
    TooLarge {
        /// `payload`, `output` or `checkpoint`.
        what: &'static str,
        /// Its size as JSON.
        bytes: usize,
        /// The most allowed.
        limit: usize,
    },
    /// A value cannot be written as JSON, or read from it.
    #[error("the {what} is not readable: {message}")]
    Document {
        /// `payload`, `output` or `checkpoint`.
        what: &'static str,
        /// serde's words.
        message: String,
    },
    /// A field of a new job is out of its range.
    #[error("not a valid job: {message}")]
    Invalid {
        /// Which and why.
        message: String,
    },
    /// The engine of this process has stopped.
    #[error("the engine has stopped")]
    Stopped,
    /// A schedule says what cannot be.
    #[error("not a valid schedule: {field}: {message}")]
    InvalidSchedule {
        /// `name`, `tenant`, or what [`CronError`] names.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A limit says what cannot be kept.
    #[error("not a valid limit: {field}: {message}")]
    InvalidLimit {
        /// `name`, `max_running`, `rate.count`, `rate.period_seconds` or `rate.burst`.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A tenant asked for what concerns everyone.
    #[error("only an operator may do this")]
    OperatorsOnly,
    /// The fencing token is stale: the job was taken back, cancelled or finished meanwhile.
    #[error("the lease on the job was lost")]
    LeaseLost,
}

impl QueueError {
    /// The stable name of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Db(error) => error.code(),
            Self::TooLarge { .. } => "document_too_large",
            Self::Document { .. } => "document_unreadable",
            Self::Invalid { .. } => "job_invalid",
            Self::Stopped => "queue_stopped",
            Self::InvalidSchedule { .. } => "schedule_invalid",
            Self::InvalidLimit { .. } => "limit_invalid",
            Self::OperatorsOnly => "operators_only",
            Self::LeaseLost => "lease_lost",
        }
    }

    /// The field at fault, when there is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidSchedule { field, .. } | Self::InvalidLimit { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Whether the same call may succeed a little later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Db(error) if error.is_transient())
    }
}

impl From<diesel::result::Error> for QueueError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

impl From<CronError> for QueueError {
    fn from(error: CronError) -> Self {
        Self::InvalidSchedule {
            field: error.field,
            message: error.message,
        }
    }
}
