//! The folder on this machine's disk.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds};

/// Where everything that the platform keeps on this machine's disk lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Data {
    /// The folder; created when it is missing.
    pub dir: PathBuf,
}

impl Data {
    pub(crate) fn validate(&self) -> Result<(), Broken> {
        rule_holds(
            "data.dir",
            !self.dir.as_os_str().is_empty(),
            "must name a folder",
        )
    }
}
