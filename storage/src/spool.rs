//! A local file on its way in, with its hash: an upload that grows up to its limit, or a file
//! that is finished.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile, TempPath};

use crate::error::StorageError;

/// Chunks are gathered up to this size, so that the disk and the hash are visited rarely, and
/// always off the async threads.
const GATHER_BYTES: usize = 256 * 1024;

/// An upload being received. Memory stays constant whatever its size. Dropping it deletes it.
#[derive(Debug)]
pub struct Spool {
    /// Absent when a write was cut off in the middle: the file's content is then unknown.
    sink: Option<Sink>,
    gathered: Vec<u8>,
    size_bytes: u64,
    limit_bytes: u64,
}

/// What a write takes to its blocking thread and brings back.
#[derive(Debug)]
struct Sink {
    file: NamedTempFile,
    hasher: Sha256,
}

/// A file that is whole and safe on the local disk. Dropping it deletes it.
#[derive(Debug)]
pub struct Spooled {
    path: TempPath,
    size_bytes: u64,
    sha256: String,
}

impl Spool {
    pub(crate) fn create(dir: &Path, limit_bytes: u64) -> Result<Self, StorageError> {
        let file = Builder::new().prefix("spool-").tempfile_in(dir)?;
        let sink = Some(Sink {
            file,
            hasher: Sha256::new(),
        });
        Ok(Self {
            sink,
            gathered: Vec::new(),
            size_bytes: 0,
            limit_bytes,
        })
    }

    /// Takes the next bytes; [`StorageError::TooLarge`] as soon as the limit is passed.
    pub async fn write_chunk(&mut self, chunk: &Bytes) -> Result<(), StorageError> {
        self.size_bytes = self.size_bytes.saturating_add(chunk.len() as u64);
        if self.size_bytes > self.limit_bytes {
            return Err(StorageError::TooLarge {
                limit_bytes: self.limit_bytes,
            });
        }
        // A chunk of any size is cut, so that the gathered bytes never grow beyond their bound.
        for part in chunk.chunks(GATHER_BYTES) {
            self.gathered.extend_from_slice(part);
            if self.gathered.len() >= GATHER_BYTES {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Ends the upload and makes its bytes durable.
    pub async fn finish(mut self) -> Result<Spooled, StorageError> {
        self.flush().await?;
        let sink = self.sink.take().ok_or_else(cut_off)?;
        let size_bytes = self.size_bytes;
        tokio::task::spawn_blocking(move || {
            sink.file.as_file().sync_all()?;
            let sha256 = hex::encode(sink.hasher.finalize());
            Ok(Spooled {
                path: sink.file.into_temp_path(),
                size_bytes,
                sha256,
            })
        })
        .await?
    }

    async fn flush(&mut self) -> Result<(), StorageError> {
        let mut sink = self.sink.take().ok_or_else(cut_off)?;
        let mut bytes = std::mem::take(&mut self.gathered);
        let written = tokio::task::spawn_blocking(move || {
            sink.hasher.update(&bytes);
            sink.file.write_all(&bytes)?;
            bytes.clear();
            io::Result::Ok((sink, bytes))
        });
        let (sink, bytes) = written.await??;
        self.sink = Some(sink);
        self.gathered = bytes;
        Ok(())
    }
}

impl Spooled {
    /// Takes over a finished file, hashes it and makes its bytes durable. It reads the whole
    /// file: call it off the async threads.
    pub fn adopt(path: TempPath) -> Result<Self, StorageError> {
        // Not every system lets a file be made durable by one who may only read it.
        let mut file = File::options().read(true).write(true).open(&path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; GATHER_BYTES];
        let mut size_bytes = 0;
        loop {
            let read = file.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            hasher.update(bytes);
            size_bytes += bytes.len() as u64;
        }
        file.sync_all()?;
        Ok(Self {
            path,
            size_bytes,
            sha256: hex::encode(hasher.finalize()),
        })
    }

    /// The local file, for as long as this value lives.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// SHA-256 of the bytes, as 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Opens the file for reading from its start, as for [`crate::sniff::recognise`].
    pub fn open(&self) -> Result<File, StorageError> {
        Ok(File::open(&self.path)?)
    }

    pub(crate) fn into_path(self) -> TempPath {
        self.path
    }
}

/// The error of a spool whose earlier write did not come to its end.
fn cut_off() -> StorageError {
    StorageError::Disk(io::Error::other(
        "an earlier write of this upload was cut off",
    ))
}
