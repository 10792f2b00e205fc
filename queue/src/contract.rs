//! A job's contract: what its enqueuer and its body agree on.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Backoff;

/// A payload with its policy. The type is the payload: ids and settings, never secrets. Payloads
/// written by older programs must decode for ever.
pub trait Contract: Serialize + DeserializeOwned + Send + 'static {
    /// The kind's name, a verb and a noun as in `resize_image`. It is stored in rows: it never changes.
    const KIND: &'static str;
    /// The queue it waits in.
    const QUEUE: &'static str;
    /// How often its body may be started, at least 1.
    const MAX_ATTEMPTS: i32;
    /// How long one attempt may take, whole seconds, at least 1 s.
    const TIMEOUT: Duration;
    /// How failed attempts are spaced.
    const BACKOFF: Backoff;
    /// What the body returns when it is done.
    type Output: Serialize + DeserializeOwned;
}
