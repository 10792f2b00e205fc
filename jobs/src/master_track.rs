//! `master_track`: makes a master of a track.

use std::time::Duration;

use models::{ArtistId, MasterId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Which master is to be made. What the artist asked for is in the master's own row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterTrack {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The master.
    pub master_id: MasterId,
}

/// What came of it, in short. The whole report is in the master's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MasterTrackOutput {
    /// The master.
    pub master_id: MasterId,
    /// Integrated loudness of the master, LUFS; null for silence.
    pub integrated_lufs: Option<f64>,
    /// True peak of the master, dBTP; null for silence.
    pub true_peak_dbtp: Option<f64>,
    /// Whether the loudness asked for was reached.
    pub target_reached: bool,
}

impl Contract for MasterTrack {
    const KIND: &'static str = "master_track";
    const QUEUE: &'static str = "studio";
    const MAX_ATTEMPTS: i32 = 5;
    /// A four-hour track masters in minutes; an hour means that something hangs.
    const TIMEOUT: Duration = Duration::from_hours(1);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(2),
    };
    type Output = MasterTrackOutput;
}
