//! WAVE in RIFF, RF64 or BW64 (EBU Tech 3306, ITU-R BS.2088) and Sony Wave64: where the samples
//! lie, and what they are. For the compressed codecs that symphonia decodes and whose sizes it
//! may not understand, we show it a RIFF that it does.

use super::chunks::{Chunk, Chunks, is_wave64};
use super::pcm::Layout;
use super::stream::Patch;
use super::wave_format::Codec;
use crate::{AudioError, ReadSeek, Result};

/// A size that says "look elsewhere" (RF64) or "not known when the header was written".
const UNKNOWN: u32 = u32::MAX;
/// The size that `SoX` writes when it does not know it.
const UNKNOWN_TO_SOX: u32 = 0x7fff_f000;
/// No file is as long: a 64-bit size from here on is a placeholder.
const UNKNOWN_64: u64 = 1 << 62;

/// What the chunks say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Where uncompressed samples lie, which are not left to symphonia.
    pub pcm: Option<Layout>,
    /// What symphonia is to read instead of the bytes that are there.
    pub patches: Vec<Patch>,
    /// Where samples end whose size does not fit the field that symphonia reads.
    pub end: Option<u64>,
    /// The count of sample frames that a compressed codec needs beside its blocks.
    pub frames: Option<u64>,
    /// Chunks with tags: lists and ID3.
    pub tags: Vec<Chunk>,
}

/// Whether the first bytes are those of a WAVE file.
pub(super) fn is_wave(head: &[u8; 16]) -> bool {
    is_wave64(head)
        || head.get(8..12) == Some(b"WAVE") && (head.starts_with(b"RIFF") || is_wide(head))
}

fn is_wide(head: &[u8; 16]) -> bool {
    head.starts_with(b"RF64") || head.starts_with(b"BW64")
}

impl Facts {
    /// Steps through the chunks of a file of `length` bytes.
    pub(super) fn read(
        bytes: &mut Box<dyn ReadSeek>,
        head: &[u8; 16],
        length: u64,
    ) -> Result<Self> {
        let wave64 = is_wave64(head);
        let mut chunks = Chunks::new(bytes, wave64);
        let riff_size = if wave64 {
            if !chunks.is_wave()? {
                return Err(AudioError::UnsupportedFormat(
                    "Wave64 with something else than a WAVE in it".to_owned(),
                ));
            }
            chunks.at(16)?.map_or(0, u64::from_le_bytes)
        } else {
            let [_, _, _, _, a, b, c, d, ..] = *head;
            u64::from(u32::from_le_bytes([a, b, c, d]))
        };
        let mut walk = Walk {
            chunks,
            length,
            wave64,
            wide: is_wide(head),
            size: match riff_size {
                0 | UNKNOWN_64.. => FileSize::Unknown,
                size if size == u64::from(UNKNOWN) => FileSize::Unknown,
                size if size + if wave64 { 0 } else { 8 } == length => FileSize::Right,
                _ => FileSize::Wrong,
            },
            data_size_64: None,
            codec: None,
            // The file's own size says nothing about the samples, and is often wrong.
            facts: Self {
                patches: vec![
                    Patch::new(0, *b"RIFF"),
                    Patch::new(4, UNKNOWN.to_le_bytes()),
                ],
                ..Self::default()
            },
        };
        walk.run()?;
        match walk.codec {
            _ if walk.facts.pcm.is_some() || !wave64 => Ok(walk.facts),
            Some(Codec::Other(tag)) => Err(AudioError::UnsupportedFormat(format!(
                "Wave64 with codec {tag:#06x}"
            ))),
            _ => Err(AudioError::Corrupt("it ends inside its header".to_owned())),
        }
    }
}

/// What the file says of its own size.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileSize {
    Right,
    /// Its writer did not come back to write it.
    Unknown,
    /// A size that is not that of the file, as often.
    Wrong,
}

struct Walk<'a> {
    chunks: Chunks<'a>,
    length: u64,
    wave64: bool,
    /// RF64 or BW64, which keep the size of the samples in a chunk of its own.
    wide: bool,
    size: FileSize,
    data_size_64: Option<u64>,
    codec: Option<Codec>,
    facts: Facts,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<()> {
        let mut samples_found = false;
        while let Some(chunk) = self.chunks.next()? {
            match &chunk.name {
                b"ds64" => {
                    self.data_size_64 = self.chunks.at(chunk.body + 8)?.map(u64::from_le_bytes);
                }
                b"fmt " if !samples_found => self.take_format(chunk)?,
                b"fact" if !samples_found => self.take_fact(chunk)?,
                b"data" if !samples_found => {
                    samples_found = true;
                    let Some(size) = self.take_data(chunk)? else {
                        break;
                    };
                    self.chunks.go_on_after(chunk, size);
                }
                b"LIST" | b"id3 " | b"ID3 " => self.facts.tags.push(chunk),
                _ => {}
            }
        }
        Ok(())
    }

    fn take_format(&mut self, chunk: Chunk) -> Result<()> {
        let mut body = [0_u8; 40];
        let size = usize::try_from(chunk.size).unwrap_or(usize::MAX).min(40);
        let room = body.get_mut(..size).unwrap_or_default();
        let got = self.chunks.read_at(chunk.body, room)?;
        self.codec = Some(Codec::read(body.get(..got).unwrap_or_default())?);
        Ok(())
    }

    /// Symphonia asks for the count only where the samples' size is a placeholder, and it is then
    /// one too.
    fn take_fact(&mut self, chunk: Chunk) -> Result<()> {
        let patch = Patch::new(chunk.body - 8, *b"JUNK");
        self.facts.patches.push(patch);
        let count = self.chunks.at(chunk.body)?.map(u32::from_le_bytes);
        self.facts.frames = count
            .filter(|count| !matches!(*count, 0 | UNKNOWN))
            .map(u64::from);
        Ok(())
    }

    /// Takes the samples' place and returns their size, where it is known.
    fn take_data(&mut self, chunk: Chunk) -> Result<Option<u64>> {
        let there = self.length.saturating_sub(chunk.body);
        let declared = self
            .declared_size(chunk)?
            .filter(|declared| self.size != FileSize::Unknown || self.wide || *declared <= there);
        if let Some(Codec::Pcm(format)) = &self.codec {
            self.facts.pcm = Some(Layout {
                format: if self.wave64 { "w64" } else { "wav" },
                encoding: format.encoding,
                sample_rate_hz: format.sample_rate_hz,
                speakers: format.speakers.clone(),
                bits: format.bits,
                start: chunk.body,
                length: declared,
            });
        }
        let shown = declared.map_or(UNKNOWN, |size| u32::try_from(size).unwrap_or(UNKNOWN));
        let size_at = chunk.body - 4;
        self.facts
            .patches
            .push(Patch::new(size_at, shown.to_le_bytes()));
        if shown == UNKNOWN {
            self.facts.end = declared.map(|declared| chunk.body.saturating_add(declared));
        }
        Ok(declared)
    }

    /// The size of the samples, or none when the writer did not know it: then the rest is meant.
    fn declared_size(&mut self, chunk: Chunk) -> Result<Option<u64>> {
        let Chunk { size, body, .. } = chunk;
        if self.wave64 {
            return Ok(Some(size)
                .filter(|size| *size < UNKNOWN_64 && (*size > 0 || self.size == FileSize::Right)));
        }
        let size_64 = self.data_size_64.filter(|_| self.wide);
        Ok(match (u32::try_from(size).unwrap_or(UNKNOWN), size_64) {
            (UNKNOWN, Some(size)) => Some(size).filter(|size| !matches!(size, 0 | &u64::MAX)),
            // Who came back to write the file's size knew that there are no samples, unless
            // what follows can be nothing else.
            (0, _) if self.size == FileSize::Right && self.chunks.ends_or_goes_on(body)? => Some(0),
            (0 | UNKNOWN, _) | (UNKNOWN_TO_SOX, None) => None,
            (size, _) => Some(u64::from(size)),
        })
    }
}
