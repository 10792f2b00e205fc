//! The source as symphonia wants it, and what we read from the container ourselves first.

use std::io::{Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::{mp4, mp4_runs, ogg, sniff, wave};
use crate::{AudioError, ReadSeek, Result};

/// Four bytes to be read instead of those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patch {
    at: u64,
    bytes: [u8; 4],
}

impl Patch {
    pub(super) fn new(at: u64, bytes: [u8; 4]) -> Self {
        Self { at, bytes }
    }

    /// Changes what was read from `from` on, as far as it lies in it.
    fn apply(self, from: u64, read: &mut [u8]) {
        for (at, byte) in (self.at..).zip(self.bytes) {
            let place = at
                .checked_sub(from)
                .and_then(|place| read.get_mut(usize::try_from(place).ok()?));
            if let Some(place) = place {
                *place = byte;
            }
        }
    }
}

/// The bytes up to their end, which is known before, with patches over them.
pub(super) struct Bytes {
    inner: Box<dyn ReadSeek>,
    at: u64,
    end: u64,
    patches: Vec<Patch>,
    /// Beyond this place there are no patches.
    patched_to: u64,
}

impl Bytes {
    /// Takes a source that stands at its start.
    pub(super) fn new(inner: Box<dyn ReadSeek>, facts: &Facts) -> Self {
        let mut patches = facts.wave.patches.clone();
        patches.extend(facts.mp4.iter().flat_map(|mp4| &mp4.patches));
        Self {
            inner,
            at: 0,
            end: facts.length.min(facts.wave.end.unwrap_or(u64::MAX)),
            patched_to: patches.iter().map(|patch| patch.at + 4).max().unwrap_or(0),
            patches,
        }
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        // Symphonia would lose what it has of a read that a signal interrupts.
        let read = loop {
            match self.inner.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        if self.at < self.patched_to {
            let fresh = buffer.get_mut(..read).unwrap_or_default();
            for patch in &self.patches {
                patch.apply(self.at, fresh);
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Bytes {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        let place = match position {
            SeekFrom::End(offset) => self.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
            SeekFrom::Start(place) => Some(place),
        };
        // Only damage leads out of the file, and it is not the reader that fails then.
        let place = place.filter(|place| is_place(*place));
        let place = place.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        self.at = self.inner.seek(SeekFrom::Start(place))?;
        Ok(self.at)
    }
}

impl MediaSource for Bytes {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.end)
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
    /// Whether a frame at the start of an MPEG stream counts the others.
    pub mpeg_counted: bool,
    /// What a WAVE file's chunks say.
    pub wave: wave::Facts,
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
            mp4_runs::check(bytes, length)?;
        } else if head.starts_with(b"OggS") {
            facts.ogg_cut = ogg::is_cut(bytes, length)?;
        }
        if head.starts_with(b"ID3") || head.starts_with(&[0xff]) {
            facts.mpeg_counted = mpeg_counted(bytes, head)?;
        } else if wave::is_wave(&head) {
            facts.wave = wave::Facts::read(bytes, &head, length)?;
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

/// Whether any file may have such a place: systems refuse to go to others.
pub(super) fn is_place(position: u64) -> bool {
    i64::try_from(position).is_ok()
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
