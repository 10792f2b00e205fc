//! The source as symphonia wants it, and what we read from the container ourselves first.

use std::io::{Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::{mp4, ogg, sniff};
use crate::{AudioError, ReadSeek, Result};

/// The bytes with their length, which is found once by seeking.
pub(super) struct Bytes {
    inner: Box<dyn ReadSeek>,
    length: u64,
}

impl Bytes {
    pub(super) fn new(inner: Box<dyn ReadSeek>, length: u64) -> Self {
        Self { inner, length }
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl Seek for Bytes {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(position)
    }
}

impl MediaSource for Bytes {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// What the container says that symphonia does not pass on.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Length of the file in bytes.
    pub length: u64,
    /// What an MP4's edit list says.
    pub mp4: Option<mp4::Facts>,
    /// Whether an Ogg file's last page is cut off.
    pub ogg_cut: bool,
    /// Whether the first bytes claim a container that is decoded here.
    pub recognised: bool,
    /// The name of a container that is known and not decoded here.
    pub known_unsupported: Option<&'static str>,
    /// Whether the length in the header is a placeholder: a WAV that was written to a pipe.
    pub length_unknown: bool,
}

impl Facts {
    /// Reads the facts and goes back to the start.
    pub(super) fn read(bytes: &mut Box<dyn ReadSeek>) -> Result<Self> {
        let length = bytes.seek(SeekFrom::End(0))?;
        bytes.rewind()?;
        let mut head = [0_u8; 16];
        let got = read_up_to(bytes, &mut head)?;
        if got == 0 {
            return Err(AudioError::Empty);
        }
        let mut facts = Self {
            length,
            recognised: sniff::is_recognised(&head),
            known_unsupported: sniff::known_unsupported(&head),
            length_unknown: head.starts_with(b"RIFF")
                && matches!(
                    head.get(4..8),
                    Some([0xff, 0xff, 0xff, 0xff] | [0, 0, 0, 0])
                ),
            ..Self::default()
        };
        if head.get(4..8) == Some(b"ftyp") {
            facts.mp4 = mp4::Facts::read(bytes, length)?;
        } else if head.starts_with(b"OggS") {
            facts.ogg_cut = ogg::is_cut(bytes, length)?;
        }
        bytes.rewind()?;
        Ok(facts)
    }
}

/// Fills the buffer as far as the source goes and returns how far that was.
pub(super) fn read_up_to(bytes: &mut Box<dyn ReadSeek>, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match bytes.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}
