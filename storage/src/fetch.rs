//! Reading objects: as a stream, into memory, or into a local file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::io::AsyncWriteExt;

use crate::error::StorageError;
use crate::key::Key;
use crate::store::Storage;

/// Size of the pieces that a local object is read in.
const PIECE_BYTES: u64 = 128 * 1024;

impl Storage {
    /// The bytes of a range, in pieces of bounded size. The range must lie in the object.
    pub async fn get_range(
        &self,
        key: &Key,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, StorageError>>, StorageError> {
        let size_bytes = self.head(key).await?.size_bytes;
        if range.start > range.end || range.end > size_bytes {
            return Err(StorageError::BadRange {
                start: range.start,
                end: range.end,
                size_bytes,
            });
        }
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        if let Some(path) = self.local_path(key) {
            let opened = tokio::task::spawn_blocking(move || open_at(&path, range.start)).await?;
            let file = opened.map_err(|error| missing(key, error))?;
            return Ok(pieces(file, range.end - range.start));
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let got = self.store.get_opts(&key.path(), options).await?;
        Ok(got.into_stream().map_err(StorageError::from).boxed())
    }

    /// All bytes of a small object; [`StorageError::TooLarge`] beyond `limit_bytes`.
    pub async fn get_bytes(&self, key: &Key, limit_bytes: u64) -> Result<Bytes, StorageError> {
        let size = self.head(key).await?.size_bytes;
        if size > limit_bytes {
            return Err(StorageError::TooLarge { limit_bytes });
        }
        let mut bytes = Vec::new();
        let mut pieces = self.get_range(key, 0..size).await?;
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.into())
    }

    /// Copies an object into a local file, which is made or replaced, and says its size. A
    /// failure may leave a part of the file behind.
    pub async fn fetch_to(&self, key: &Key, path: &Path) -> Result<u64, StorageError> {
        let size = self.head(key).await?.size_bytes;
        let mut pieces = self.get_range(key, 0..size).await?;
        let mut file = tokio::fs::File::create(path).await?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(size)
    }
}

fn open_at(path: &Path, start: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    Ok(file)
}

/// An object that was deleted after its size was read is not found, like one that never was.
fn missing(key: &Key, error: io::Error) -> StorageError {
    match error.kind() {
        io::ErrorKind::NotFound => StorageError::NotFound {
            key: key.to_string(),
        },
        _ => error.into(),
    }
}

/// The next `left` bytes of a file, read off the async threads.
fn pieces(file: File, left: u64) -> BoxStream<'static, Result<Bytes, StorageError>> {
    let read = |(file, left): (File, u64)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::new();
            (&file)
                .take(left.min(PIECE_BYTES))
                .read_to_end(&mut piece)?;
            io::Result::Ok((file, piece))
        });
        let (file, piece) = read.await??;
        if piece.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let left = left - piece.len() as u64;
        Ok(Some((Bytes::from(piece), (file, left))))
    };
    stream::try_unfold((file, left), read).boxed()
}
