//! `judge_challenger`: holds a model's challenger against its champion on rows that neither was trained on,
//! and promotes it, drops it, or waits for more rows.

use std::time::Duration;

use models::{ArtistId, UpkeepId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

use crate::CheckOutput;

/// Whose challenger is judged: the one that there is when the job runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeChallenger {
    /// The artist.
    pub artist_id: ArtistId,
    /// The upkeep.
    pub upkeep_id: UpkeepId,
}

impl Contract for JudgeChallenger {
    const KIND: &'static str = "judge_challenger";
    const QUEUE: &'static str = "upkeep";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(30);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(5),
        cap: Duration::from_mins(5),
    };
    type Output = CheckOutput;
}
