//! The storage itself: opening it, and asking for, listing and deleting objects.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::TempDir;

use crate::error::StorageError;
use crate::key::Key;
use crate::local::{STAGING, object_path, remove_empty};
use crate::options::{Options, Place};
use crate::spool::Spool;
use crate::{s3, sweep};

/// Bytes by name. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Storage {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The folder of a local place.
    pub(crate) root: Option<Arc<Path>>,
    pub(crate) spool_dir: Arc<Path>,
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Its size.
    pub size_bytes: u64,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub key: Key,
    /// Its size.
    pub size_bytes: u64,
    /// When it was put, by the storage's own clock.
    pub put_at: SystemTime,
}

impl Storage {
    /// Opens the storage, makes its local folders, and removes spool files older than a day,
    /// which a killed process has left behind. Blocks on the local disk for a moment.
    pub fn open(options: &Options) -> Result<Self, StorageError> {
        std::fs::create_dir_all(&options.spool_dir)?;
        sweep::stale(&options.spool_dir, SystemTime::now())?;
        let spool_dir = Arc::from(std::path::absolute(&options.spool_dir)?);
        match &options.place {
            Place::Local(root) => {
                std::fs::create_dir_all(root)?;
                sweep::stale(&root.join(STAGING), SystemTime::now())?;
                // LocalFileSystem resolves links; our own paths must name the same files.
                let root = root.canonicalize()?;
                let store = LocalFileSystem::new_with_prefix(&root)?.with_automatic_cleanup(true);
                Ok(Self {
                    store: Arc::new(store),
                    root: Some(Arc::from(root)),
                    spool_dir,
                })
            }
            Place::S3(options) => Ok(Self {
                store: s3::open(options)?,
                root: None,
                spool_dir,
            }),
        }
    }

    /// Checks that the storage answers, for readiness.
    pub async fn check(&self) -> Result<(), StorageError> {
        if let Some(root) = &self.root {
            // A folder that has gone away would look like one without objects.
            drop(tokio::fs::read_dir(root).await?);
            return Ok(());
        }
        match self
            .store
            .head(&object_store::path::Path::from("readiness"))
            .await
        {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins an upload of at most `limit_bytes`.
    pub fn spool(&self, limit_bytes: u64) -> Result<Spool, StorageError> {
        Spool::create(&self.spool_dir, limit_bytes)
    }

    /// A fresh local folder for working files. It is deleted when it is dropped, and a day after
    /// its process was killed.
    pub fn work_dir(&self) -> Result<TempDir, StorageError> {
        Ok(tempfile::Builder::new()
            .prefix("work-")
            .tempdir_in(&self.spool_dir)?)
    }

    /// A local folder for working files that one piece of work keeps under its own name, so that
    /// it may be taken up again on this machine; made when it is not there. It stays until it is
    /// removed, or for a day after it was last changed, when the next process starts.
    pub fn kept_dir(&self, name: &str) -> Result<PathBuf, StorageError> {
        let folder = self.kept_path(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Removes the folder of this name that [`Self::kept_dir`] made on this machine, if there is one,
    /// and says whether there was.
    pub fn remove_kept_dir(&self, name: &str) -> Result<bool, StorageError> {
        match std::fs::remove_dir_all(self.kept_path(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn kept_path(&self, name: &str) -> PathBuf {
        self.spool_dir.join(format!("work-{name}"))
    }

    /// An object's size, or [`StorageError::NotFound`].
    pub async fn head(&self, key: &Key) -> Result<Meta, StorageError> {
        match self.store.head(&key.path()).await {
            Ok(found) => Ok(Meta {
                size_bytes: found.size,
            }),
            Err(error) => Err(StorageError::of_object(key, error)),
        }
    }

    /// The file of an object when the place is local: it can be read without a copy. It must
    /// not be written to. Whether the object exists is not looked at.
    pub fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.root.as_ref().map(|root| object_path(root, key))
    }

    /// Every object under a folder of names (`a/b` holds `a/b/c`, not `a/bc`), or all of them.
    pub fn list(&self, folder: Option<&Key>) -> BoxStream<'static, Result<Entry, StorageError>> {
        let folder = folder.map(Key::path);
        let listed = self.store.list(folder.as_ref()).map_err(StorageError::from);
        // What has no valid key is a file of the store's own, such as a staged copy.
        listed
            .try_filter_map(|meta| async move {
                let key = Key::new(meta.location.as_ref().to_owned()).ok();
                Ok(key.map(|key| Entry {
                    key,
                    size_bytes: meta.size,
                    put_at: meta.last_modified.into(),
                }))
            })
            .boxed()
    }

    /// Deletes an object. One that does not exist is as good as deleted.
    pub async fn delete(&self, key: &Key) -> Result<(), StorageError> {
        match self.store.delete(&key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes every object under a folder of names, but for those to `keep`, and says how many
    /// there were.
    pub async fn delete_prefix(&self, folder: &Key, keep: &[Key]) -> Result<u64, StorageError> {
        let mut deleted = 0;
        let mut listed = self.list(Some(folder));
        while let Some(entry) = listed.try_next().await? {
            if !keep.contains(&entry.key) {
                self.delete(&entry.key).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Removes what is left of a folder of names when all its objects are gone: where the place is
    /// local, empty folders, whose names a killed process may have left. Puts at the same time are safe.
    pub async fn remove_empty_folders(&self, folder: &Key) -> Result<(), StorageError> {
        let Some(folder) = self.local_path(folder) else {
            return Ok(());
        };
        tokio::task::spawn_blocking(move || remove_empty(&folder)).await??;
        Ok(())
    }
}
