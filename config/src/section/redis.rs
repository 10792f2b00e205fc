//! Redis, which makes things quick and is never needed.

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds};
use crate::secret::Secret;

/// Redis, when there is one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Redis {
    /// Address, or empty for none.
    pub url: Secret,
}

impl Redis {
    /// The address, when Redis is used.
    pub fn address(&self) -> Option<&Secret> {
        Some(&self.url).filter(|url| !url.is_empty())
    }

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        let url = self.url.expose();
        let schemes = ["redis://", "rediss://", "unix://"];
        rule_holds(
            "redis.url",
            url.is_empty() || schemes.iter().any(|scheme| url.starts_with(scheme)),
            "must be empty, or begin with redis://, rediss:// or unix://",
        )
    }
}
