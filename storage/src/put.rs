//! Giving bytes a name. When a put returns `Ok`, they stay.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use object_store::{ObjectStoreExt, PutPayload, WriteMultipart};
use tempfile::{Builder, TempPath};

use crate::error::StorageError;
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
    /// Names an upload. A local place on the spool's file system moves the file; S3 gets it in
    /// parts.
    pub async fn put_spooled(&self, key: &Key, spooled: Spooled) -> Result<(), StorageError> {
        let path = spooled.into_path();
        if self.root.is_some() {
            self.publish(key, path).await
        } else {
            self.send(key, &path).await
        }
    }

    /// Names the bytes of a local file. The file stays as it is.
    pub async fn put_file(&self, key: &Key, path: &Path) -> Result<(), StorageError> {
        if self.root.is_none() {
            return self.send(key, path).await;
        }
        let (dir, path) = (self.spool_dir.clone(), path.to_owned());
        let copied = tokio::task::spawn_blocking(move || {
            let mut from = File::open(path)?;
            seal(&dir, |file| io::copy(&mut from, file).map(drop))
        });
        self.publish(key, copied.await??).await
    }

    /// Names bytes that are in memory.
    pub async fn put_bytes(&self, key: &Key, bytes: Bytes) -> Result<(), StorageError> {
        if self.root.is_none() {
            self.store
                .put(&key.path(), PutPayload::from_bytes(bytes))
                .await?;
            return Ok(());
        }
        let dir = self.spool_dir.clone();
        let written = tokio::task::spawn_blocking(move || {
            seal(&dir, |file| io::copy(&mut bytes.as_ref(), file).map(drop))
        });
        self.publish(key, written.await??).await
    }

    /// Moves a durable local file under its name.
    async fn publish(&self, key: &Key, path: TempPath) -> Result<(), StorageError> {
        let Some(root) = self.root.clone() else {
            return Err(StorageError::BadOptions {
                rule: "the place is not local".to_owned(),
            });
        };
        let key = key.clone();
        tokio::task::spawn_blocking(move || local::publish(&root, &key, path)).await?
    }

    /// Sends a local file to S3 in parts; the object appears when the last one has come.
    async fn send(&self, key: &Key, path: &Path) -> Result<(), StorageError> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            io::Result::Ok((file, size))
        });
        let (file, size) = opened.await??;
        let part = PART_BYTES.max(size.div_ceil(MOST_PARTS));
        let (mut file, bytes) = next_part(file, part).await?;
        if size <= part {
            self.store
                .put(&key.path(), PutPayload::from_bytes(bytes))
                .await?;
            return Ok(());
        }
        let part_bytes = usize::try_from(part).unwrap_or(usize::MAX);
        let upload = self.store.put_multipart(&key.path()).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, part_bytes);
        upload.put(bytes);
        loop {
            let next = match upload.wait_for_capacity(PARTS_IN_FLIGHT).await {
                Ok(()) => next_part(file, part).await,
                Err(error) => Err(error.into()),
            };
            match next {
                Ok((_, bytes)) if bytes.is_empty() => break,
                Ok((rest, bytes)) => {
                    file = rest;
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

/// Reads the next part of a file, off the async threads.
async fn next_part(file: File, part: u64) -> Result<(File, Bytes), StorageError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        (&file).take(part).read_to_end(&mut bytes)?;
        io::Result::Ok((file, Bytes::from(bytes)))
    });
    Ok(read.await??)
}

/// Writes a new file and makes its content durable.
fn seal(
    dir: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<TempPath, StorageError> {
    let mut file = Builder::new().prefix("put-").tempfile_in(dir)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    Ok(file.into_temp_path())
}
