//! Samples as they lie in a file, uncompressed, made interleaved floats in large blocks.

use std::io::SeekFrom;

use super::encoding::Encoding;
use super::speaker::Speaker;
use super::stream::read_up_to;
use crate::{AudioError, ReadSeek, Result};

/// Bytes read at once: enough that system calls cost nothing, and few enough that the samples
/// made of them are still in the cache when they are measured.
const BLOCK_BYTES: usize = 64 * 1024;

/// Where the samples of a file lie, and what they are.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The container's name.
    pub format: &'static str,
    pub encoding: Encoding,
    pub sample_rate_hz: u32,
    pub speakers: Vec<Speaker>,
    /// Bits of a sample that carry sound, where there are such.
    pub bits: Option<u32>,
    /// The first byte of the samples.
    pub start: u64,
    /// Their length in bytes; none when they go on to the end of the file.
    pub length: Option<u64>,
}

impl Layout {
    pub(super) fn channels(&self) -> usize {
        self.speakers.len()
    }

    fn frame_bytes(&self) -> usize {
        self.channels() * self.encoding.bytes()
    }

    /// Length in sample frames, where the container says it.
    pub(super) fn frames(&self) -> Option<u64> {
        self.length?.checked_div(self.frame_bytes() as u64)
    }
}

/// The samples of one file, from the first to the last.
pub(super) struct Pcm {
    bytes: Box<dyn ReadSeek>,
    layout: Layout,
    /// Bytes of whole frames still to be read.
    left: u64,
    block: Vec<u8>,
}

impl Pcm {
    /// Goes to the first sample.
    pub(super) fn open(mut bytes: Box<dyn ReadSeek>, layout: Layout) -> Result<Self> {
        let frame = layout.frame_bytes();
        if frame == 0 {
            return Err(AudioError::Corrupt("the audio has no channels".to_owned()));
        }
        bytes.seek(SeekFrom::Start(layout.start))?;
        let left = layout
            .frames()
            .map_or(u64::MAX, |frames| frames.saturating_mul(frame as u64));
        Ok(Self {
            bytes,
            left,
            block: vec![0; BLOCK_BYTES.max(frame) / frame * frame],
            layout,
        })
    }

    /// Replaces the samples by the next block's; false at the end, even of a cut file.
    pub(super) fn next_block(&mut self, samples: &mut Vec<f32>) -> Result<bool> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX);
        let wanted = wanted.min(self.block.len());
        let room = self.block.get_mut(..wanted).unwrap_or_default();
        let got = read_up_to(&mut self.bytes, room)?;
        self.left = if got < wanted {
            0
        } else {
            self.left - got as u64
        };
        let frame = self.layout.frame_bytes();
        let whole = self.block.get(..got / frame * frame).unwrap_or_default();
        self.layout.encoding.decode(whole, samples);
        Ok(!whole.is_empty())
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }
}
