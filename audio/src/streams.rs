//! The only ways in and out of this crate: readers and writers that the caller opens.

use std::io::{Read, Seek, Write};

/// Where a source is read from.
pub trait ReadSeek: Read + Seek + Send + Sync {}
impl<T: Read + Seek + Send + Sync> ReadSeek for T {}

/// Working space for one pass: written once, then read as often as needed. A temporary
/// file does; it holds four bytes a sample.
pub trait Scratch: Read + Write + Seek + Send {}
impl<T: Read + Write + Seek + Send> Scratch for T {}

/// Where a result is written to. Headers are completed at the end, so it must seek.
pub trait WriteSeek: Write + Seek {}
impl<T: Write + Seek> WriteSeek for T {}

/// A file that is written, and read again to be checked.
pub trait Destination {
    /// Empties the file and gives a writer at its start.
    fn writer(&mut self) -> std::io::Result<Box<dyn WriteSeek + '_>>;

    /// A reader at the start of what was written.
    fn reader(&mut self) -> std::io::Result<Box<dyn ReadSeek>>;
}
