//! Erasing all that insight has of an artist's.

use jobs::insight::{Erased, Refusal};
use models::registry::erase_artist;
use models::{ArtistId, datasets, registry};
use queue::{Actor, JobId};
use storage::{Key, StorageError};

use super::desk::InsightDesk;
use super::serving::{failed, refused};
use crate::studio::kept::Kept;

/// Why trainings are cancelled.
const WHY: &str = "what it learns from was erased";

/// Rows first, so that nothing answers any more; then objects, which the sweep would find too if
/// this process died now; then what is at hand. Trainings that run are told to stop, and can record
/// nothing: their rows are gone.
pub async fn everything(desk: &InsightDesk, artist: ArtistId) -> Result<Erased, Refusal> {
    let erased = desk.pool.tx(move |db| Box::pin(erase_artist(db, artist)));
    let erased = erased.await.map_err(refused)?;
    desk.models.cache().forget_tenant(&artist.to_string());
    let actor = Actor::tenant(artist.uuid());
    for job in erased.jobs {
        let job = JobId(job.uuid());
        // One that has ended need not be cancelled.
        if let Err(error) = desk.queue.cancel(actor.clone(), job, WHY).await {
            tracing::warn!(%error, job.id = %job, "a training was not told to stop");
        }
        let folder = desk
            .storage
            .kept_dir(&job.to_string())
            .map_err(unavailable)?;
        Kept::remove(&folder);
    }
    let mut objects = 0;
    for folder in [
        registry::object_folder(artist),
        datasets::object_folder(artist),
    ] {
        let folder = Key::new(folder).map_err(failed)?;
        let deleted = desk.storage.delete_prefix(&folder, &[]).await;
        objects += deleted.map_err(unavailable)?;
    }
    Ok(Erased {
        versions: erased.versions as u64,
        datasets: erased.datasets as u64,
        objects,
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped by"
)]
fn unavailable(error: StorageError) -> Refusal {
    Refusal::Unavailable(error.to_string())
}
