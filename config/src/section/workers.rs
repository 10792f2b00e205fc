//! How many jobs of each queue one worker process runs at the same time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Broken, within};

/// The most jobs of a queue that one process runs at the same time.
pub const MOST_SLOTS: u32 = 1024;

/// The worker processes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Workers {
    /// Jobs at the same time by queue name; 0 means one for each processor core.
    pub queues: BTreeMap<String, u32>,
}

impl Workers {
    pub(crate) fn validate(&self) -> Result<(), Broken> {
        self.queues.iter().try_for_each(|(name, slots)| {
            within(format!("workers.queues.{name}"), *slots, 0..=MOST_SLOTS)
        })
    }
}
