//! `[log]`: what is logged, and in which form.

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds};

/// The log, on standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Log {
    /// Level, or list of levels by module.
    pub filter: String,
    /// For people or for machines.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Log {
    pub(crate) fn validate(&self) -> Result<(), Broken> {
        rule_holds(
            "log.filter",
            !self.filter.trim().is_empty(),
            "must name a level, such as info",
        )
    }
}
