//! How many jobs of each queue one worker process runs at the same time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Broken, within};

/// The worker processes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Workers {
    /// Jobs at the same time by queue name; 0 means one for each processor core.
    pub queues: BTreeMap<String, u32>,
}

impl Workers {
    pub(crate) fn validate(&self) -> Result<(), Broken> {
        let most = self.queues.values().copied().max().unwrap_or_default();
        within("workers.queues", most, 0..=1024)
    }
}
