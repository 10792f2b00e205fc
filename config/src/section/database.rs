//! The database.

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds, within};
use crate::secret::Secret;

/// The database, the only truth of the platform.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Database {
    /// As it was set; empty means embedded. [`crate::Config::database_url`] resolves it.
    pub url: Secret,
    /// Most connections that one process keeps open.
    pub max_connections: u32,
}

impl Database {
    pub(crate) fn validate(&self) -> Result<(), Broken> {
        let url = self.url.expose();
        let schemes = ["postgres://", "postgresql://", "sqlite:"];
        rule_holds(
            "database.url",
            url.is_empty() || schemes.iter().any(|scheme| url.starts_with(scheme)),
            "must be empty, or begin with postgres:// or sqlite:",
        )?;
        within("database.max_connections", self.max_connections, 1..=1000)
    }
}
