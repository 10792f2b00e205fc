//! `train_churn_model`: learns from an artist's dataset who is likely to leave.

use std::time::Duration;

use models::registry::Alias;
use models::{ArtistId, TrainingId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Which training is to be made. Model and dataset are in the training's own row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainChurnModel {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The training.
    pub training_id: TrainingId,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainChurnModelOutput {
    /// The training.
    pub training_id: TrainingId,
    /// The version that it made.
    pub version: String,
    /// What the version became; none when it was that already.
    pub alias: Option<Alias>,
}

impl Contract for TrainChurnModel {
    const KIND: &'static str = "train_churn_model";
    const QUEUE: &'static str = "insight";
    const MAX_ATTEMPTS: i32 = 5;
    /// The largest datasets take minutes; two hours mean that something hangs.
    const TIMEOUT: Duration = Duration::from_hours(2);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(2),
    };
    type Output = TrainChurnModelOutput;
}
