//! Bounded reading at any place of a file, through one small window.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use super::error::SniffError;

/// Parsers step through headers that lie near each other, so one window serves most reads.
const WINDOW_BYTES: usize = 64 * 1024;

/// A file together with its real size.
pub(super) struct Source<R> {
    reader: R,
    size: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<R: Read + Seek> Source<R> {
    pub(super) fn new(reader: R, size: u64) -> Self {
        Self {
            reader,
            size,
            window: Vec::new(),
            window_at: 0,
        }
    }

    /// The file's real size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Exactly `N` bytes; a file that ends before them is truncated.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], SniffError> {
        let bytes = self.upto(at, N)?;
        bytes
            .first_chunk::<N>()
            .copied()
            .ok_or_else(|| SniffError::truncated(format!("{N} bytes are missing at byte {at}")))
    }

    /// As many as `len` bytes, fewer at the end of the file, in the window: `len` is at most its
    /// size.
    pub(super) fn upto(&mut self, at: u64, len: usize) -> Result<&[u8], SniffError> {
        let end = at.saturating_add(len as u64).min(self.size);
        let inside = at >= self.window_at && end <= self.window_at + self.window.len() as u64;
        if !inside {
            self.fill(at)?;
        }
        let skip = usize::try_from(at.saturating_sub(self.window_at)).unwrap_or(usize::MAX);
        let rest = self.window.get(skip..).unwrap_or_default();
        Ok(rest.get(..len).unwrap_or(rest))
    }

    /// A piece of at most `cap` bytes that need not fit the window.
    pub(super) fn piece(&mut self, at: u64, cap: usize) -> Result<Vec<u8>, SniffError> {
        let mut bytes = Vec::new();
        self.read(at, cap, &mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, at: u64) -> Result<(), SniffError> {
        let mut window = std::mem::take(&mut self.window);
        window.clear();
        let read = self.read(at, WINDOW_BYTES, &mut window);
        (self.window, self.window_at) = (window, at);
        read
    }

    /// Appends what the file holds from `at` on, at most `cap` bytes.
    fn read(&mut self, at: u64, cap: usize, bytes: &mut Vec<u8>) -> Result<(), SniffError> {
        let limit = (cap as u64).min(self.size.saturating_sub(at));
        if limit == 0 {
            return Ok(());
        }
        let sought = self.reader.seek(SeekFrom::Start(at));
        sought.map_err(SniffError::Unreadable)?;
        match (&mut self.reader).take(limit).read_to_end(bytes) {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
                Err(SniffError::Unreadable(error))
            }
            _ => Ok(()),
        }
    }
}
