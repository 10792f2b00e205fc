//! What a job body may use.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use storage::{Key, Storage};

use crate::ending::Ending;
use crate::insight::desk::InsightDesk;

/// The parts that bodies share. Cheap to clone.
#[derive(Clone)]
pub struct Environment {
    /// The database.
    pub pool: db::Pool,
    /// The queue that the jobs come from.
    pub queue: queue::Queue,
    /// Object storage.
    pub storage: Storage,
    /// Models at hand, which are let go when their aliases move.
    pub insight: InsightDesk,
    /// What the daily refreshes of all artists are spread over.
    pub refresh_spread: Duration,
    /// What a sound file may make us do.
    pub audio_limits: audio::Limits,
}

impl Environment {
    /// An object as a readable local file: its own where objects are local, else a copy in `folder`.
    pub(crate) async fn open(&self, key: &Key, folder: &Path) -> Result<File, Ending> {
        readable(&self.storage, key, folder).await
    }
}

async fn readable(storage: &Storage, key: &Key, folder: &Path) -> Result<File, Ending> {
    if let Some(file) = storage.open_local(key).await? {
        return Ok(file);
    }
    let copy = folder.join(key.as_str().replace('/', "_"));
    storage.fetch_to(key, &copy).await?;
    let file = tokio::task::spawn_blocking(move || File::open(copy)).await;
    Ok(file.map_err(Ending::died)??)
}

#[cfg(test)]
mod tests {
    use queue::Outcome;
    use storage::{Options, Place};

    use super::*;

    #[tokio::test]
    async fn an_object_that_is_gone_from_the_local_folder_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(&Options {
            place: Place::Local(dir.path().join("objects")),
            spool_dir: dir.path().join("tmp"),
        })
        .unwrap();
        let key = Key::new("tracks/gone").unwrap();
        let ending = readable(&storage, &key, dir.path()).await.unwrap_err();
        let Outcome::Dead(fault) = Outcome::from(ending) else {
            panic!("not dead")
        };
        assert_eq!(fault.code, "object_not_found");
    }
}
