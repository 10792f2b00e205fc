//! `import_metrics`: reads a file of daily metrics into the feature store.

use std::time::Duration;

use models::metrics::Tally;
use models::{ArtistId, ImportId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Which import is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMetrics {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The import.
    pub import_id: ImportId,
}

/// What came of it, in short. The refused rows are in the import's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMetricsOutput {
    /// The import.
    pub import_id: ImportId,
    /// Rows read.
    pub rows_read: u64,
    /// What the good ones did.
    #[serde(flatten)]
    pub tally: Tally,
    /// How many were refused.
    pub refused: u64,
}

impl Contract for ImportMetrics {
    const KIND: &'static str = "import_metrics";
    const QUEUE: &'static str = "insight";
    const MAX_ATTEMPTS: i32 = 5;
    const TIMEOUT: Duration = Duration::from_hours(1);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(2),
    };
    type Output = ImportMetricsOutput;
}
