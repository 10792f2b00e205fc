//! Jobs whose bodies are quick to begin, and do everything a body can.

use std::time::Duration;

use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// What a deed's body does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Nothing.
    Nothing,
    /// A checkpoint, a row under the fence and something outside.
    Everything,
    /// The same with a long wait before each.
    Slowly,
    /// Many steps, each saved, that stop when they are told to.
    Steps,
}

/// A job that may be unlucky often.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deed {
    /// What its body does.
    pub kind: Kind,
}

impl Contract for Deed {
    const KIND: &'static str = "do_deed";
    const QUEUE: &'static str = "deeds";
    const MAX_ATTEMPTS: i32 = 30;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff =
        Backoff::exponential(Duration::from_millis(20), Duration::from_millis(300));
    type Output = serde_json::Value;
}

/// A job that kills its process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Poison {}

impl Contract for Poison {
    const KIND: &'static str = "take_poison";
    const QUEUE: &'static str = "deeds";
    const MAX_ATTEMPTS: i32 = 3;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff =
        Backoff::exponential(Duration::from_millis(20), Duration::from_millis(300));
    type Output = serde_json::Value;
}
