//! When what is told of metrics is computed anew.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Broken, within};

/// The daily refresh of analytics.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Analytics {
    /// The hour of the day, UTC.
    pub refresh_hour: u32,
    /// Minutes that the refreshes of all artists are spread over.
    pub refresh_spread_minutes: u32,
}

impl Analytics {
    /// What the refreshes are spread over.
    pub fn refresh_spread(&self) -> Duration {
        Duration::from_mins(self.refresh_spread_minutes.into())
    }

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        within("analytics.refresh_hour", self.refresh_hour, 0..=23)?;
        within(
            "analytics.refresh_spread_minutes",
            self.refresh_spread_minutes,
            0..=1200,
        )
    }
}
