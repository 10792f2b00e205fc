//! `analyze_track`: measures a track and looks for its faults.

use std::time::Duration;

use models::{AnalysisId, ArtistId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Which analysis is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyzeTrack {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The analysis.
    pub analysis_id: AnalysisId,
}

/// What came of it, in short. The whole report is in the analysis's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnalyzeTrackOutput {
    /// The analysis.
    pub analysis_id: AnalysisId,
    /// Integrated loudness, LUFS; null for silence.
    pub integrated_lufs: Option<f64>,
    /// The codes of the faults that were found, the worst kinds first.
    pub faults: Vec<String>,
}

impl AnalyzeTrack {
    /// It takes a fraction of a master's time, and who masters wants to have seen it before.
    pub const PRIORITY: i16 = 4;
}

impl Contract for AnalyzeTrack {
    const KIND: &'static str = "analyze_track";
    const QUEUE: &'static str = "studio";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_mins(30);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(2),
    };
    type Output = AnalyzeTrackOutput;
}
