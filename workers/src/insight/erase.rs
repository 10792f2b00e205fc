//! Erasing all that insight has of an artist's.

use db::DbError;
use jobs::insight::{Erased, Refusal};
use models::registry::erase_artist;
use models::{ArtistId, datasets, registry};
use queue::{Actor, JobId, ScheduleId};
use storage::{Key, StorageError};

use super::desk::InsightDesk;
use super::serving::{failed, refused};
use crate::studio::kept::Kept;

/// How often the rows are tried.
const MOST_TRIES: u32 = 5;
/// Why trainings are cancelled.
const WHY: &str = "what it learns from was erased";

/// Rows first, so that nothing answers any more; then what is at hand; then objects, which the sweep
/// would find too if this process died now. Trainings that run are told to stop, and can record
/// nothing: their rows are gone.
pub async fn everything(desk: &InsightDesk, artist: ArtistId) -> Result<Erased, Refusal> {
    let erased = rows(desk, artist).await.map_err(refused)?;
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
    for schedule in erased.schedules {
        let schedule = ScheduleId(schedule.uuid());
        // A watch that it makes all the same finds nothing to look after.
        if let Err(error) = desk.queue.delete_schedule(actor.clone(), schedule).await {
            tracing::warn!(%error, schedule.id = %schedule, "a schedule of upkeep was left behind");
        }
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

/// The rows. A training that is asked for at the same moment holds on to its dataset, and the
/// database refuses; another try takes it along.
async fn rows(desk: &InsightDesk, artist: ArtistId) -> Result<registry::Erased, DbError> {
    let mut tries = 1..MOST_TRIES;
    loop {
        let erased = desk.pool.tx(move |db| Box::pin(erase_artist(db, artist)));
        match erased.await {
            Err(error) if tries.next().is_some() => {
                tracing::debug!(%error, "erasing is tried again");
            }
            ended => return ended,
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped by"
)]
fn unavailable(error: StorageError) -> Refusal {
    Refusal::Unavailable(error.to_string())
}
