//! `preview_master`: makes the loudest part of a master, to hear soon what it would be like.

use std::time::Duration;

use models::{ArtistId, MasterId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

use crate::MasterTrackOutput;

/// Which preview is to be made. What the artist asked for is in its own row, beside the masters'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewMaster {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The preview.
    pub master_id: MasterId,
}

impl PreviewMaster {
    /// Somebody waits to hear it: it goes before every master that waits.
    pub const PRIORITY: i16 = 3;
}

impl Contract for PreviewMaster {
    const KIND: &'static str = "preview_master";
    const QUEUE: &'static str = "studio";
    const MAX_ATTEMPTS: i32 = 3;
    /// The whole track is read and shaped, as for a master.
    const TIMEOUT: Duration = Duration::from_hours(1);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(1),
        cap: Duration::from_secs(30),
    };
    type Output = MasterTrackOutput;
}
