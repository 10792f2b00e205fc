//! A job about to be enqueued.

use std::time::Duration;

use db::Time;
use serde_json::Value;
use uuid::Uuid;

use crate::lane::{Lane, LaneId};
use crate::{Backoff, Contract, FlowId, JobId, QueueError, TraceId};

/// The largest payload, output or checkpoint, as JSON, in bytes.
pub const DOCUMENT_LIMIT_BYTES: usize = 256 * 1024;

/// The longest unique or limit key, in bytes.
const KEY_LIMIT_BYTES: usize = 256;

/// The priority of a job that was given none.
const ORDINARY: i16 = 5;

/// A job to enqueue: a payload with its contract's policy, and what the caller adds.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(crate) id: JobId,
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) queue: String,
    pub(crate) kind: String,
    pub(crate) priority: i16,
    pub(crate) payload: Value,
    pub(crate) max_attempts: i32,
    pub(crate) timeout_seconds: i32,
    pub(crate) backoff: Backoff,
    pub(crate) run_at: Option<Time>,
    pub(crate) unique: Option<Unique>,
    pub(crate) limit_key: Option<String>,
    pub(crate) flow_id: Option<FlowId>,
    pub(crate) trace: Option<TraceId>,
}

/// A key that only one job at a time may have.
#[derive(Debug, Clone)]
pub(crate) struct Unique {
    key: String,
    /// For how long after its enqueue the job keeps the key even when it has finished.
    pub(crate) window: Option<Duration>,
}

/// What became of an enqueue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// The job's id: the new one's, or that of the one already there.
    pub id: JobId,
    /// Whether a job has the same unique key already, and nothing was added.
    pub existing: bool,
}

impl NewJob {
    /// A job of `contract`'s kind and policy, in the trace in which this is called (see
    /// [`TraceId::scope`]); outside of one it begins its own.
    pub fn of<C: Contract>(contract: &C) -> Result<Self, QueueError> {
        let payload = serde_json::to_value(contract).map_err(|error| QueueError::Document {
            what: "payload",
            message: error.to_string(),
        })?;
        check_size("payload", &payload)?;
        let seconds = C::TIMEOUT
            .as_secs()
            .clamp(1, i32::MAX.unsigned_abs().into());
        Ok(Self {
            id: JobId::new(),
            tenant_id: None,
            queue: C::QUEUE.to_owned(),
            kind: C::KIND.to_owned(),
            priority: ORDINARY,
            payload,
            max_attempts: C::MAX_ATTEMPTS,
            timeout_seconds: i32::try_from(seconds).unwrap_or(i32::MAX),
            backoff: C::BACKOFF,
            run_at: None,
            unique: None,
            limit_key: None,
            flow_id: None,
            trace: TraceId::current(),
        })
    }

    /// Gives it to a tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: Uuid) -> Self {
        self.tenant_id = Some(tenant);
        self
    }

    /// 0 goes first, 9 last; 5 when not given.
    #[must_use]
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Not before `at`.
    #[must_use]
    pub fn run_at(mut self, at: Time) -> Self {
        self.run_at = Some(at);
        self
    }

    /// At most one unfinished job of this kind, tenant and key.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique = Some(Unique {
            key: key.into(),
            window: None,
        });
        self
    }

    /// At most one job of this kind, tenant and key: no second while the first is unfinished, nor
    /// within `window` of its enqueue, however it ended.
    #[must_use]
    pub fn unique_for(mut self, key: impl Into<String>, window: Duration) -> Self {
        self.unique = Some(Unique {
            key: key.into(),
            window: Some(window),
        });
        self
    }

    /// Counts it against the limit of `key`, which is `name` or `name/which` (see
    /// [`crate::Limit`]), and puts it into a lane of that key: a tenant's jobs of several keys
    /// share that tenant's turns. A key has 1 to 256 bytes and no control characters.
    #[must_use]
    pub fn limited_by(mut self, key: impl Into<String>) -> Self {
        self.limit_key = Some(key.into());
        self
    }

    /// Uses an id made earlier, so that a domain row can name the job before it exists.
    #[must_use]
    pub fn id(mut self, id: JobId) -> Self {
        self.id = id;
        self
    }

    pub(crate) fn check(&self) -> Result<(), QueueError> {
        let invalid = |message: String| Err(QueueError::Invalid { message });
        if !(0..=9).contains(&self.priority) {
            return invalid(format!("priority {} is not within 0 to 9", self.priority));
        }
        if self.max_attempts < 1 {
            return invalid("it must be allowed at least one attempt".into());
        }
        let keys = [
            ("unique key", self.unique.as_ref().map(|unique| &unique.key)),
            ("limit key", self.limit_key.as_ref()),
        ];
        for (what, key) in keys {
            if key.is_some_and(|key| key.is_empty() || key.len() > KEY_LIMIT_BYTES) {
                return invalid(format!("a {what} has 1 to {KEY_LIMIT_BYTES} bytes"));
            }
            if key.is_some_and(|key| key.contains(char::is_control)) {
                return invalid(format!("a {what} has no control characters"));
            }
        }
        Ok(())
    }

    /// The lane it waits in.
    pub(crate) fn lane(&self) -> Lane {
        Lane {
            priority: self.priority,
            id: LaneId::of(self.tenant_id, self.limit_key.as_deref()),
            tenant_id: self.tenant_id,
            limit_key: self.limit_key.clone(),
        }
    }

    /// The key as stored: two tenants, or two kinds, never meet in one.
    pub(crate) fn stored_key(&self) -> Option<String> {
        let key = &self.unique.as_ref()?.key;
        let tenant = self.tenant_id.unwrap_or_default().simple();
        Some(format!("{tenant}/{}/{key}", self.kind))
    }
}

/// Refuses a document that is too large for a row.
pub(crate) fn check_size(what: &'static str, document: &Value) -> Result<(), QueueError> {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, document).map_err(|error| QueueError::Document {
        what,
        message: error.to_string(),
    })?;
    if counter.0 > DOCUMENT_LIMIT_BYTES {
        return Err(QueueError::TooLarge {
            what,
            bytes: counter.0,
            limit: DOCUMENT_LIMIT_BYTES,
        });
    }
    Ok(())
}
