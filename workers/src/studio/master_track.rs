//! `master_track`: makes a master of a track.

use jobs::{MasterTrack, MasterTrackOutput};
use models::masters::Purpose;
use queue::Context;

use super::mastering::{self, Wanted};
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: MasterTrack,
) -> Result<MasterTrackOutput, Ending> {
    let wanted = Wanted {
        artist: payload.artist_id,
        id: payload.master_id,
        purpose: Purpose::Master,
    };
    mastering::attempt(&environment, &context, wanted).await
}
