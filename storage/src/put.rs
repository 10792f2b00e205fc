//! Giving bytes a name. When a put returns `Ok`, they stay.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::{ObjectStoreExt, PutPayload, WriteMultipart};
use tempfile::{Builder, TempPath};

use crate::error::StorageError;
use crate::fetch::next_piece;
use crate::key::Key;
use crate::local;
use crate::spool::Spooled;
use crate::store::Storage;

/// Smallest part of an upload to S3; its own minimum is 5 MiB.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// S3 takes 10,000 parts; a file that would need more gets larger parts.
const MOST_PARTS: u64 = 9_000;
/// Parts on their way at the same time: two keep the line busy while the next is read.
const PARTS_IN_FLIGHT: usize = 2;

impl Storage {
    /// Names a file. A local place on the spool's file system moves it; S3 gets it in parts.
    pub async fn put_spooled(&self, key: &Key, spooled: Spooled) -> Result<(), StorageError> {
        let size = spooled.size_bytes();
        let path = spooled.into_path();
        match self.root.clone() {
            Some(root) => publish(root, key, path).await,
            None => self.send(key, &path, size).await,
        }
    }

    /// Names bytes that are in memory.
    pub async fn put_bytes(&self, key: &Key, bytes: Bytes) -> Result<(), StorageError> {
        let Some(root) = self.root.clone() else {
            self.store
                .put(&key.path(), PutPayload::from_bytes(bytes))
                .await?;
            return Ok(());
        };
        let dir = self.spool_dir.clone();
        let written = tokio::task::spawn_blocking(move || seal(&dir, &bytes));
        publish(root, key, written.await??).await
    }

    /// Sends a local file to S3 in parts; the object appears when the last one has come.
    async fn send(&self, key: &Key, path: &Path, size: u64) -> Result<(), StorageError> {
        let path = path.to_owned();
        let file = tokio::task::spawn_blocking(move || File::open(path)).await??;
        let part = PART_BYTES.max(size.div_ceil(MOST_PARTS));
        let (mut file, bytes) = next_piece(file, part.min(size)).await?;
        if size <= part {
            self.store
                .put(&key.path(), PutPayload::from_bytes(bytes))
                .await?;
            return Ok(());
        }
        let part_bytes = usize::try_from(part).unwrap_or(usize::MAX);
        let upload = self.store.put_multipart(&key.path()).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, part_bytes);
        let mut left = size.saturating_sub(bytes.len() as u64);
        upload.put(bytes);
        while left > 0 {
            let next = match upload.wait_for_capacity(PARTS_IN_FLIGHT).await {
                Ok(()) => next_piece(file, part.min(left)).await,
                Err(error) => Err(error.into()),
            };
            match next {
                Ok((_, bytes)) if bytes.is_empty() => break,
                Ok((rest, bytes)) => {
                    file = rest;
                    left = left.saturating_sub(bytes.len() as u64);
                    upload.put(bytes);
                }
                Err(error) => {
                    // Parts that were sent would be paid for; the first error is the one to tell.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
        }
        upload.finish().await?;
        Ok(())
    }
}

/// Moves a durable local file under its name.
async fn publish(root: Arc<Path>, key: &Key, path: TempPath) -> Result<(), StorageError> {
    let key = key.clone();
    tokio::task::spawn_blocking(move || local::publish(&root, &key, path)).await?
}

/// Writes a new file and makes its content durable.
fn seal(dir: &Path, bytes: &[u8]) -> Result<TempPath, StorageError> {
    let mut file = Builder::new().prefix("put-").tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file.into_temp_path())
}
