//! The only ways in and out of this crate: readers and writers that the caller opens.

use std::io::{Read, Seek, Write};

/// Where a source is read from.
pub trait ReadSeek: Read + Seek + Send + Sync {}
impl<T: Read + Seek + Send + Sync> ReadSeek for T {}

/// Working space for one pass: written once, then read as often as needed. A temporary
/// file does; it holds four bytes a sample.
pub trait Scratch: Read + Write + Seek + Send {}
impl<T: Read + Write + Seek + Send> Scratch for T {}

/// Where a run keeps what lies between its passes.
///
/// A closure that gives empty scratch space is one that keeps nothing for later. One that does
/// lets a run of hours go on where it was killed, as long as source and settings are the same:
/// the same work leaves the same bytes, so two attempts may even share a name.
pub trait Workspace {
    /// Empty scratch space. The name tells what it is for; asked for again, it is empty again.
    fn scratch(&mut self, name: &str) -> std::io::Result<Box<dyn Scratch>>;

    /// What was written to the space of this name is whole: it shall be found by
    /// [`recall`](Self::recall), also after this process or its machine has died.
    fn seal(&mut self, name: &str) -> std::io::Result<()> {
        let _ = name;
        Ok(())
    }

    /// What an earlier attempt at the same work sealed under this name, to be read only.
    fn recall(&mut self, name: &str) -> std::io::Result<Option<Box<dyn Scratch>>> {
        let _ = name;
        Ok(None)
    }
}

impl<F: FnMut() -> std::io::Result<Box<dyn Scratch>>> Workspace for F {
    fn scratch(&mut self, _: &str) -> std::io::Result<Box<dyn Scratch>> {
        self()
    }
}

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
