//! `train_forecaster`: learns from an artist's own metrics how they go on.

use std::time::Duration;

use models::registry::Alias;
use models::{ArtistId, TrainingId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Which training is to be made. The model is in the training's own row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainForecaster {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The training.
    pub training_id: TrainingId,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainForecasterOutput {
    /// The training.
    pub training_id: TrainingId,
    /// The version that it made.
    pub version: String,
    /// What the version became; none when it was that already.
    pub alias: Option<Alias>,
}

impl Contract for TrainForecaster {
    const KIND: &'static str = "train_forecaster";
    const QUEUE: &'static str = "insight";
    const MAX_ATTEMPTS: i32 = 5;
    /// The most series take minutes; two hours mean that something hangs.
    const TIMEOUT: Duration = Duration::from_hours(2);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(2),
    };
    type Output = TrainForecasterOutput;
}
