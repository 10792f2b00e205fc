//! Whose jobs a reader or actor may see.

use uuid::Uuid;

use crate::{JobId, State};

/// Every reading and acting verb takes it: another tenant's job is as good as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only this tenant's jobs.
    Tenant(Uuid),
    /// All jobs.
    Operator,
}

/// Which jobs of the scope to list; an empty filter lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those of this queue.
    pub queue: Option<String>,
}

/// A stretch of a list that runs from the newest to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only those older than this one.
    pub after: Option<JobId>,
    /// At most so many, 1 to 1000.
    pub limit: u16,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            after: None,
            limit: 50,
        }
    }
}
