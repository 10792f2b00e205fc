//! `watch_model`: looks after a model: whether what it is asked has drifted, whether its answers have become
//! worse, and what is to follow.

use std::time::Duration;

use models::upkeep::Decided;
use models::{ArtistId, CheckId, JobId, UpkeepId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Whose model is looked after. Model and policy are in the upkeep's own row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchModel {
    /// The artist.
    pub artist_id: ArtistId,
    /// The upkeep.
    pub upkeep_id: UpkeepId,
}

/// What came of a check, of whichever kind. Its figures are a row of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutput {
    /// The check; none where the upkeep was turned off meanwhile, or there was nothing to check.
    pub check_id: Option<CheckId>,
    /// What was decided.
    pub decision: Option<Decided>,
    /// The job that follows.
    pub next_job_id: Option<JobId>,
}

impl Contract for WatchModel {
    const KIND: &'static str = "watch_model";
    const QUEUE: &'static str = "upkeep";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(30);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(5),
        cap: Duration::from_mins(5),
    };
    type Output = CheckOutput;
}
