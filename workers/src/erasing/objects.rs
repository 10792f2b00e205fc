//! An artist's files: objects under its folder, and what attempts at its jobs left on this machine.

use futures::TryStreamExt;
use jobs::erasing::NotErased;
use models::{ArtistId, erasing};
use queue::{JobId, Queue};
use storage::{Key, Storage, StorageError};

/// How many jobs are looked at in one go.
const BATCH: u16 = 500;
/// After so many objects it is told how many are gone.
const TOLD: u64 = 200;

/// How much there is, or was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Stored {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}

fn folder(artist: ArtistId) -> Result<Key, StorageError> {
    Key::new(erasing::object_folder(artist))
}

/// What is under an artist's folder.
pub async fn measure(storage: &Storage, artist: ArtistId) -> Result<Stored, NotErased> {
    let mut stored = Stored::default();
    let mut listed = storage.list(Some(&folder(artist).map_err(failed)?));
    while let Some(entry) = listed.try_next().await.map_err(failed)? {
        stored.add(entry.size_bytes);
    }
    Ok(stored)
}

/// Deletes it, and hands over how much is gone every now and then.
pub async fn delete<F: Future<Output = Result<(), NotErased>>>(
    storage: &Storage,
    artist: ArtistId,
    mut gone: impl FnMut(Stored) -> F,
) -> Result<(), NotErased> {
    let mut stored = Stored::default();
    let mut listed = storage.list(Some(&folder(artist).map_err(failed)?));
    while let Some(entry) = listed.try_next().await.map_err(failed)? {
        storage.delete(&entry.key).await.map_err(failed)?;
        stored.add(entry.size_bytes);
        if stored.objects == TOLD {
            gone(std::mem::take(&mut stored)).await?;
        }
    }
    gone(stored).await?;
    let folder = folder(artist).map_err(failed)?;
    storage.remove_empty_folders(&folder).await.map_err(failed)
}

/// Removes what attempts at a tenant's jobs kept on this machine, and says of how many jobs. Where
/// they ran on another machine, it goes with the sweep of working folders there.
pub async fn remove_kept(
    storage: &Storage,
    queue: &Queue,
    artist: ArtistId,
) -> Result<u64, NotErased> {
    let (mut after, mut removed): (Option<JobId>, u64) = (None, 0);
    loop {
        let jobs = queue.tenant_jobs(artist.uuid(), after, BATCH).await?;
        let Some(last) = jobs.last() else {
            return Ok(removed);
        };
        after = Some(*last);
        for job in jobs {
            let there = storage.remove_kept_dir(&job.to_string());
            removed += u64::from(there.map_err(failed)?);
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped by"
)]
fn failed(error: StorageError) -> NotErased {
    match error {
        StorageError::BadKey { .. } => NotErased::Internal(error.to_string()),
        _ => NotErased::Unavailable(error.to_string()),
    }
}
