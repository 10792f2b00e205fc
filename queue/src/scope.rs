//! Whose jobs and schedules a reader or actor may see.

use uuid::Uuid;

use crate::JobId;

/// Every reading and acting verb takes it: what is another tenant's is as good as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only this tenant's.
    Tenant(Uuid),
    /// Everyone's.
    Operator,
}

/// A stretch of a list, of jobs unless it says otherwise, that runs from the newest to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id = JobId> {
    /// Only those older than this one.
    pub after: Option<Id>,
    /// At most so many, 1 to 1000.
    pub limit: u16,
}

impl<Id> Default for Page<Id> {
    fn default() -> Self {
        Self {
            after: None,
            limit: 50,
        }
    }
}
