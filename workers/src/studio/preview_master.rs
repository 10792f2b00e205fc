//! `preview_master`: makes the loudest part of a master.

use jobs::{MasterTrackOutput, PreviewMaster};
use models::masters::Purpose;
use queue::Context;

use super::mastering::{self, Wanted};
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: PreviewMaster,
) -> Result<MasterTrackOutput, Ending> {
    let wanted = Wanted {
        artist: payload.artist_id,
        id: payload.master_id,
        purpose: Purpose::Preview,
    };
    mastering::attempt(&environment, &context, wanted).await
}
