//! Reading objects: as a stream, or into a local file.

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
    /// The file of an object when the place is local, to read it without a copy; else none.
    pub async fn open_local(&self, key: &Key) -> Result<Option<File>, StorageError> {
        let Some(path) = self.local_path(key) else {
            return Ok(None);
        };
        let opened = tokio::task::spawn_blocking(move || File::open(path)).await?;
        opened
            .map(Some)
            .map_err(|error| StorageError::of_file(key, error))
    }

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
        self.read(key, range).await
    }

    /// Copies an object into a local file, which is made or replaced, and says its size. A
    /// failure may leave a part of the file behind.
    pub async fn fetch_to(&self, key: &Key, path: &Path) -> Result<u64, StorageError> {
        let size = self.head(key).await?.size_bytes;
        let mut pieces = self.read(key, 0..size).await?;
        let mut file = tokio::fs::File::create(path).await?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(size)
    }

    /// The bytes of a range that is known to lie in the object. An object that was deleted since
    /// is not found, like one that never was.
    async fn read(
        &self,
        key: &Key,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, StorageError>>, StorageError> {
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        if let Some(mut file) = self.open_local(key).await? {
            file.seek(SeekFrom::Start(range.start))?;
            return Ok(pieces(file, range.end - range.start));
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let got = self.store.get_opts(&key.path(), options).await;
        let got = got.map_err(|error| StorageError::of_object(key, error))?;
        Ok(got.into_stream().map_err(StorageError::from).boxed())
    }
}

/// The next `left` bytes of a file.
fn pieces(file: File, left: u64) -> BoxStream<'static, Result<Bytes, StorageError>> {
    let read = |(file, left): (File, u64)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (file, piece) = next_piece(file, left.min(PIECE_BYTES)).await?;
        if piece.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let left = left - piece.len() as u64;
        Ok(Some((piece, (file, left))))
    };
    stream::try_unfold((file, left), read).boxed()
}

/// Reads the next `size` bytes of a file, fewer at its end, off the async threads.
pub(crate) async fn next_piece(file: File, size: u64) -> Result<(File, Bytes), StorageError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        (&file).take(size).read_to_end(&mut bytes)?;
        io::Result::Ok((file, Bytes::from(bytes)))
    });
    Ok(read.await??)
}
