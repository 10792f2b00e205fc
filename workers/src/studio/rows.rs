//! What holds of the rows behind the studio's jobs.

use models::ArtistId;
use queue::{Context, Fault};

use crate::ending::Ending;

/// Refuses a job whose payload names another owner than the job itself has.
pub fn owned(context: &Context, artist: ArtistId) -> Result<(), Ending> {
    if context.job().tenant_id == Some(artist.uuid()) {
        return Ok(());
    }
    let words = "the job and its payload name two owners";
    Err(Fault::permanent("wrong_owner", words).into())
}

/// A document that this program can't read, or write.
pub fn unreadable(error: serde_json::Error) -> Ending {
    Fault::permanent("row_unreadable", error).into()
}
