//! `roll_back_model`: lets the champion before answer again, because the one that took its place does worse.

use std::time::Duration;

use models::{ArtistId, CheckId, UpkeepId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

use crate::CheckOutput;

/// Whose model is rolled back, and the check that says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollBackModel {
    /// The artist.
    pub artist_id: ArtistId,
    /// The upkeep.
    pub upkeep_id: UpkeepId,
    /// The check: it names both versions, and has the figures.
    pub check_id: CheckId,
}

impl Contract for RollBackModel {
    const KIND: &'static str = "roll_back_model";
    const QUEUE: &'static str = "upkeep";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(10);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(5),
        cap: Duration::from_mins(5),
    };
    type Output = CheckOutput;
}
