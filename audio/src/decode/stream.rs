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

/// Where a count of sample frames comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Count {
    /// From the container's own fields.
    #[default]
    Container,
    /// From a field that holds a placeholder: a WAV that was written to a pipe.
    Placeholder,
    /// From a frame at the start of an MPEG stream that states it.
    MpegFrame,
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
    /// Where the container's count of sample frames comes from.
    pub count: Count,
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
            ..Self::default()
        };
        if head.get(4..8) == Some(b"ftyp") {
            facts.mp4 = mp4::Facts::read(bytes, length)?;
        } else if head.starts_with(b"OggS") {
            facts.ogg_cut = ogg::is_cut(bytes, length)?;
        }
        if head.starts_with(b"ID3") || head.starts_with(&[0xff]) {
            if mpeg_counted(bytes, head)? {
                facts.count = Count::MpegFrame;
            }
        } else if head.starts_with(b"RIFF")
            && matches!(
                head.get(4..8),
                Some([0xff, 0xff, 0xff, 0xff] | [0, 0, 0, 0])
            )
        {
            facts.count = Count::Placeholder;
        }
        bytes.rewind()?;
        Ok(facts)
    }
}

/// Whether the first MPEG frame, after an ID3 tag if there is one, is one that counts
/// the others (`Xing`, `Info` or `VBRI`).
fn mpeg_counted(bytes: &mut Box<dyn ReadSeek>, head: [u8; 16]) -> Result<bool> {
    let start = match head {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            let size = [a, b, c, d]
                .iter()
                .fold(0_u64, |size, byte| (size << 7) | u64::from(byte & 0x7f));
            10 + size
        }
        _ => 0,
    };
    bytes.seek(SeekFrom::Start(start))?;
    let mut frame = [0_u8; 2_048];
    let got = read_up_to(bytes, &mut frame)?;
    Ok(frame
        .get(..got)
        .unwrap_or_default()
        .windows(4)
        .any(|mark| matches!(mark, b"Xing" | b"Info" | b"VBRI")))
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
