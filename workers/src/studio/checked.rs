//! A file in the attempt's own folder that is written and then read again to be checked.

use std::io::{self, BufReader, BufWriter, Seek, SeekFrom};
use std::path::Path;

use audio::{Destination, ReadSeek, WriteSeek};
use tempfile::{NamedTempFile, TempPath};

const BUFFER_BYTES: usize = 1 << 18;

/// Such a file.
pub struct Checked(NamedTempFile);

impl Checked {
    /// An empty file in a folder.
    pub fn new_in(folder: &Path) -> io::Result<Self> {
        NamedTempFile::new_in(folder).map(Self)
    }

    /// The file, which is removed when this is dropped.
    pub fn into_temp_path(self) -> TempPath {
        self.0.into_temp_path()
    }
}

impl Destination for Checked {
    fn writer(&mut self) -> io::Result<Box<dyn WriteSeek + '_>> {
        let file = self.0.as_file_mut();
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, file)))
    }

    fn reader(&mut self) -> io::Result<Box<dyn ReadSeek>> {
        Ok(Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            self.0.reopen()?,
        )))
    }
}
