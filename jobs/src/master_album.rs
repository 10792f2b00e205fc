//! `master_album`: makes masters of tracks that belong together.

use std::time::Duration;

use models::{AlbumId, ArtistId};
use queue::{Backoff, Contract};
use serde::{Deserialize, Serialize};

/// Which album is to be made. What the artist asked for is in the album's own row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterAlbum {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The album.
    pub album_id: AlbumId,
}

/// What came of it, in short. The whole report is in the album's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MasterAlbumOutput {
    /// The album.
    pub album_id: AlbumId,
    /// Integrated loudness of all masters one after the other, LUFS; null for silence.
    pub integrated_lufs: Option<f64>,
    /// How much lower than asked for all of them are, so that each keeps its place, LU.
    pub lowered_lu: f64,
}

impl Contract for MasterAlbum {
    const KIND: &'static str = "master_album";
    const QUEUE: &'static str = "studio";
    const MAX_ATTEMPTS: i32 = 5;
    /// Forty long tracks, some of them several times.
    const TIMEOUT: Duration = Duration::from_hours(4);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(2),
    };
    type Output = MasterAlbumOutput;
}
