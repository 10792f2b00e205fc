//! What a job body may use.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use storage::{Key, Storage};

use crate::ending::Ending;

/// The parts that bodies share. Cheap to clone.
#[derive(Clone)]
pub struct Environment {
    /// The database.
    pub pool: db::Pool,
    /// The queue that the jobs come from.
    pub queue: queue::Queue,
    /// Object storage.
    pub storage: Storage,
    /// What a sound file may make us do.
    pub audio_limits: audio::Limits,
}

impl Environment {
    /// An object as a readable local file: its own where objects are local, else a copy in `folder`.
    pub(crate) async fn open(&self, key: &Key, folder: &Path) -> Result<BufReader<File>, Ending> {
        let file = if let Some(file) = self.storage.open_local(key).await? {
            file
        } else {
            let copy = folder.join(key.as_str().replace('/', "_"));
            self.storage.fetch_to(key, &copy).await?;
            tokio::task::spawn_blocking(move || File::open(copy))
                .await
                .map_err(Ending::died)??
        };
        Ok(BufReader::with_capacity(1 << 18, file))
    }
}
