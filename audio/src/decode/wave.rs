//! WAVE in RIFF, RF64 or BW64 (EBU Tech 3306, ITU-R BS.2088). Symphonia reads RIFF whose sizes
//! are right; here we find out where the samples lie, and show it such a RIFF.

use std::io::{Seek, SeekFrom};

use super::stream::{Patch, read_up_to};
use crate::{ReadSeek, Result};

/// A size that says "look elsewhere" (RF64) or "not known when the header was written".
const UNKNOWN: u32 = u32::MAX;
/// The size that `SoX` writes when it does not know it.
const UNKNOWN_TO_SOX: u32 = 0x7fff_f000;
/// More chunks than any writer makes, so that no file can keep us here.
const MOST_CHUNKS: usize = 4_096;

/// What the chunks up to the samples say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// What symphonia is to read instead of the bytes that are there.
    pub patches: Vec<Patch>,
    /// Where samples end whose size does not fit the field that symphonia reads.
    pub end: Option<u64>,
    /// Their number of sample frames.
    pub frames: Option<u64>,
}

/// Whether the first bytes are those of a WAVE file.
pub(super) fn is_wave(head: &[u8; 16]) -> bool {
    matches!(
        head,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..
        ]
    ) || is_wide(head) && head.get(8..12) == Some(b"WAVE")
}

fn is_wide(head: &[u8; 16]) -> bool {
    head.starts_with(b"RF64") || head.starts_with(b"BW64")
}

impl Facts {
    /// Steps through the chunks up to the samples of a file of `length` bytes.
    pub(super) fn read(
        bytes: &mut Box<dyn ReadSeek>,
        head: &[u8; 16],
        length: u64,
    ) -> Result<Self> {
        let [_, _, _, _, a, b, c, d, ..] = *head;
        let mut chunks = Chunks {
            bytes,
            length,
            wide: is_wide(head),
            streamed: matches!(u32::from_le_bytes([a, b, c, d]), 0 | UNKNOWN),
            data_size_64: None,
            block_bytes: 0,
            // The file's own size says nothing about the samples, and is often wrong.
            facts: Self {
                patches: vec![
                    Patch::new(0, *b"RIFF"),
                    Patch::new(4, UNKNOWN.to_le_bytes()),
                ],
                ..Self::default()
            },
        };
        chunks.walk()?;
        Ok(chunks.facts)
    }
}

struct Chunks<'a> {
    bytes: &'a mut Box<dyn ReadSeek>,
    length: u64,
    /// RF64 or BW64, which keep the size of the samples in a chunk of its own.
    wide: bool,
    /// A RIFF whose writer did not come back to write its size.
    streamed: bool,
    data_size_64: Option<u64>,
    block_bytes: u16,
    facts: Facts,
}

impl Chunks<'_> {
    fn walk(&mut self) -> Result<()> {
        let mut at = 12;
        for _ in 0..MOST_CHUNKS {
            let Some([k0, k1, k2, k3, s0, s1, s2, s3]) = self.at::<8>(at)? else {
                break;
            };
            let size = u32::from_le_bytes([s0, s1, s2, s3]);
            let body = at + 8;
            match &[k0, k1, k2, k3] {
                b"ds64" => self.data_size_64 = self.at(body + 8)?.map(u64::from_le_bytes),
                b"fmt " => {
                    self.block_bytes = self.at(body + 12)?.map_or(0, u16::from_le_bytes);
                }
                // Its count is only asked for where the samples' size is a placeholder, and is
                // then one too.
                b"fact" => self.facts.patches.push(Patch::new(at, *b"JUNK")),
                b"data" => {
                    self.take_data(size, body);
                    break;
                }
                _ => {}
            }
            // Chunks are padded to an even size.
            at = body + u64::from(size) + u64::from(size & 1);
        }
        Ok(())
    }

    fn take_data(&mut self, size: u32, body: u64) {
        let there = self.length.saturating_sub(body);
        let declared = self
            .declared_size(size)
            .filter(|declared| !self.streamed || self.wide || *declared <= there);
        let shown = declared.map_or(UNKNOWN, |size| u32::try_from(size).unwrap_or(UNKNOWN));
        self.facts
            .patches
            .push(Patch::new(body - 4, shown.to_le_bytes()));
        if let Some(declared) = declared.filter(|_| shown == UNKNOWN) {
            self.facts.end = Some(body.saturating_add(declared));
            self.facts.frames = declared.checked_div(u64::from(self.block_bytes));
        }
    }

    /// The size of the samples, or none when the writer did not know it: then the rest is meant.
    fn declared_size(&self, size: u32) -> Option<u64> {
        let size_64 = self.data_size_64.filter(|_| self.wide);
        match (size, size_64) {
            (UNKNOWN, Some(size)) => Some(size).filter(|size| !matches!(size, 0 | &u64::MAX)),
            (0 | UNKNOWN, _) | (UNKNOWN_TO_SOX, None) => None,
            (size, _) => Some(u64::from(size)),
        }
    }

    /// The bytes at a place; none when the file ends before them.
    fn at<const N: usize>(&mut self, position: u64) -> Result<Option<[u8; N]>> {
        let mut buffer = [0_u8; N];
        self.bytes.seek(SeekFrom::Start(position))?;
        let got = read_up_to(self.bytes, &mut buffer)?;
        Ok((got == N).then_some(buffer))
    }
}
