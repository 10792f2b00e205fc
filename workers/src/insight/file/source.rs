//! The bytes of a file, decompressed where they are compressed, without a byte-order mark, and no
//! more of them than a file may have.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::FileFault;

/// The most bytes that are read of a decompressed file.
const MOST_BYTES: u64 = 1 << 30;
const BUFFER_BYTES: usize = 1 << 16;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The bytes.
pub struct Source {
    from: BufReader<Box<dyn Read + Send>>,
    compressed: bool,
    read_bytes: u64,
    most_bytes: u64,
    /// Bytes taken from the file itself.
    taken_bytes: Arc<AtomicU64>,
}

/// Counts what goes through.
struct Counted {
    from: File,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(into)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Source {
    /// Reads a file from its start.
    pub fn open(file: File) -> Result<Self, FileFault> {
        Self::of_most(file, MOST_BYTES)
    }

    pub(super) fn of_most(mut file: File, most_bytes: u64) -> Result<Self, FileFault> {
        let start = first::<2>(&mut file).map_err(FileFault::Io)?;
        file.rewind().map_err(FileFault::Io)?;
        let compressed = start == GZIP;
        let taken_bytes = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            from: file,
            count: Arc::clone(&taken_bytes),
        };
        let mut bytes: Box<dyn Read + Send> = if compressed {
            let buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
            Box::new(MultiGzDecoder::new(buffered))
        } else {
            Box::new(counted)
        };
        let start = first::<3>(&mut bytes).map_err(|error| fault(error, compressed))?;
        let start = if start == BYTE_ORDER_MARK {
            Vec::new()
        } else {
            start
        };
        let whole: Box<dyn Read + Send> = Box::new(Cursor::new(start).chain(bytes));
        Ok(Self {
            from: BufReader::with_capacity(BUFFER_BYTES, whole),
            compressed,
            read_bytes: 0,
            most_bytes,
            taken_bytes,
        })
    }

    /// The next bytes, none at the end. [`Source::consume`] says how many were used.
    pub fn fill(&mut self) -> Result<&[u8], FileFault> {
        if self.read_bytes > self.most_bytes {
            return Err(FileFault::TooLarge(self.most_bytes));
        }
        let compressed = self.compressed;
        self.from
            .fill_buf()
            .map_err(|error| fault(error, compressed))
    }

    /// Goes on behind so many of the bytes that [`Source::fill`] gave.
    pub fn consume(&mut self, count: usize) {
        self.read_bytes += count as u64;
        self.from.consume(count);
    }

    /// How many bytes of the file were taken so far.
    pub fn taken_bytes(&self) -> u64 {
        self.taken_bytes.load(Ordering::Relaxed)
    }
}

/// The first bytes, fewer where there are fewer.
fn first<const COUNT: usize>(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(COUNT);
    from.take(COUNT as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn fault(error: std::io::Error, compressed: bool) -> FileFault {
    // What the decoder says of bytes that are no gzip; a disk says other things.
    let damaged = matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    );
    if compressed && damaged {
        FileFault::Gzip
    } else {
        FileFault::Io(error)
    }
}
