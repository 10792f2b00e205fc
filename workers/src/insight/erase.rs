//! Erasing what insight has of an artist's: models with all that they learned from, and metrics with
//! all that was computed from them.

use db::{Db, DbError};
use futures::future::BoxFuture;
use jobs::insight::{Erased, ErasedMetrics, Refusal};
use models::registry::erase_artist;
use models::{ArtistId, JobId, datasets, registry};
use queue::{Actor, ScheduleId};
use storage::{Key, StorageError};

use super::desk::InsightDesk;
use super::serving::{failed, refused};

/// How often the rows are tried.
const MOST_TRIES: u32 = 5;
/// Why jobs are cancelled.
const WHY: &str = "what it works on was erased";

/// Rows first, so that nothing answers any more; then what is at hand; then objects, which the sweep
/// would find too if this process died now. Trainings that run are told to stop, and can record
/// nothing: their rows are gone.
pub async fn models(desk: &InsightDesk, artist: ArtistId) -> Result<Erased, Refusal> {
    let erased = rows(desk, artist, |db, artist| {
        Box::pin(erase_artist(db, artist))
    })
    .await?;
    desk.forget(artist);
    stop(desk, artist, erased.jobs).await?;
    unschedule(desk, artist, erased.schedules).await;
    let mut objects = objects(desk, registry::object_folder(artist)).await?;
    objects += self::objects(desk, datasets::object_folder(artist)).await?;
    Ok(Erased {
        versions: erased.versions as u64,
        datasets: erased.datasets as u64,
        objects,
    })
}

/// The same of metrics, imports and results. An import that runs finds its row gone and writes
/// nothing more; a refresh that runs keeps nothing.
pub async fn metrics(desk: &InsightDesk, artist: ArtistId) -> Result<ErasedMetrics, Refusal> {
    let erased = rows(desk, artist, |db, artist| {
        Box::pin(models::metrics::erase(db, artist))
    });
    let erased = erased.await?;
    let imports = erased.jobs.len() as u64;
    stop(desk, artist, erased.jobs).await?;
    let objects = objects(desk, models::metrics::object_folder(artist)).await?;
    Ok(ErasedMetrics {
        values: erased.values as u64,
        imports,
        objects,
    })
}

type Erasing<T> = for<'a> fn(&'a mut Db, ArtistId) -> BoxFuture<'a, Result<T, DbError>>;

/// The rows. Whoever asks for a training at the same moment holds on to its dataset, and the
/// database refuses; another try takes it along.
async fn rows<T: Send + 'static>(
    desk: &InsightDesk,
    artist: ArtistId,
    erase: Erasing<T>,
) -> Result<T, Refusal> {
    let mut tries = 1..MOST_TRIES;
    loop {
        let erased = desk.pool.tx(move |db| erase(db, artist)).await;
        match erased {
            Err(error) if tries.next().is_some() => {
                tracing::debug!(%error, "erasing is tried again");
            }
            ended => return ended.map_err(refused),
        }
    }
}

/// Tells jobs to stop, and removes what they kept.
async fn stop(desk: &InsightDesk, artist: ArtistId, jobs: Vec<JobId>) -> Result<(), Refusal> {
    let actor = Actor::tenant(artist.uuid());
    for job in jobs {
        let job = queue::JobId(job.uuid());
        // One that has ended need not be cancelled.
        if let Err(error) = desk.queue.cancel(actor.clone(), job, WHY).await {
            tracing::debug!(%error, job.id = %job, "a job was not told to stop");
        }
        if let Err(error) = desk.storage.remove_kept_dir(&job.to_string()) {
            tracing::warn!(%error, "a job's working folder was left behind");
        }
    }
    Ok(())
}

/// Deletes schedules. A watch that one makes all the same finds nothing to look after.
async fn unschedule(desk: &InsightDesk, artist: ArtistId, schedules: Vec<models::ScheduleId>) {
    let actor = Actor::tenant(artist.uuid());
    for schedule in schedules {
        let schedule = ScheduleId(schedule.uuid());
        if let Err(error) = desk.queue.delete_schedule(actor.clone(), schedule).await {
            tracing::warn!(%error, schedule.id = %schedule, "a schedule of upkeep was left behind");
        }
    }
}

async fn objects(desk: &InsightDesk, folder: String) -> Result<u64, Refusal> {
    let folder = Key::new(folder).map_err(failed)?;
    let deleted = desk.storage.delete_prefix(&folder, &[]).await;
    deleted.map_err(unavailable)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped by"
)]
fn unavailable(error: StorageError) -> Refusal {
    Refusal::Unavailable(error.to_string())
}
