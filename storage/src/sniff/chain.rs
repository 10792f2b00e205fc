//! Chains of frames in streams without a container (MP3, ADTS): each header tells where the next
//! one is, and a chain of equal headers is the proof that there is sound.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::source::Source;

/// How many frames in a row prove a stream.
pub(super) const PROOF: u64 = 3;
/// How many frames are followed to know a stream's mean rate.
const MOST_FRAMES: u64 = 512;
/// Bytes of a header that are looked at.
const HEADER_BYTES: usize = 8;
/// Where in a damaged or padded file the first frame is looked for.
const SEARCH_BYTES: u64 = 64 * 1024;
/// The end of the file that is looked at for the last whole frame.
const TAIL_BYTES: usize = 32 * 1024;

/// One frame's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Length with its header.
    pub(super) bytes: u64,
    /// What stays the same in all frames of a stream.
    pub(super) kind: u32,
    pub(super) samples: u32,
    pub(super) rate: u32,
    pub(super) channels: u16,
}

/// Reads a header, when the bytes are one.
pub(super) type ReadFrame = fn(&[u8]) -> Option<Frame>;

/// Frames that follow one another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    /// Where the first frame begins.
    pub(super) start: u64,
    pub(super) first: Frame,
    pub(super) frames: u64,
    /// Samples of one channel.
    pub(super) samples: u64,
    /// Where the last whole frame ends.
    pub(super) end: u64,
    /// Whether the file ends before the frame after it does.
    pub(super) cut: bool,
}

impl Chain {
    /// Samples of one channel from its start to `end`: counted, or by the mean when the chain
    /// was not followed so far.
    pub(super) fn estimated_samples(&self, end: u64) -> f64 {
        let bytes = (self.end - self.start).max(1) as f64;
        self.samples as f64 * (end.saturating_sub(self.start) as f64 / bytes)
    }
}

/// The first chain at or after `start` that proves a stream, or that is cut by the file's end.
pub(super) fn find<R: Read + Seek>(
    source: &mut Source<R>,
    start: u64,
    end: u64,
    read: ReadFrame,
) -> Result<Option<Chain>, SniffError> {
    for at in start..end.min(start + SEARCH_BYTES) {
        // Every header of this family begins with eight set bits.
        if source.upto(at, 1)? != [0xff] {
            continue;
        }
        let Some(chain) = follow(source, at, end, read)? else {
            continue;
        };
        let whole_but_short = chain.end == end && chain.frames > 0;
        let cut_at_start = at == start && chain.cut;
        if chain.frames >= PROOF || whole_but_short || cut_at_start {
            return Ok(Some(chain));
        }
    }
    Ok(None)
}

fn follow<R: Read + Seek>(
    source: &mut Source<R>,
    start: u64,
    end: u64,
    read: ReadFrame,
) -> Result<Option<Chain>, SniffError> {
    let Some(first) = read(source.upto(start, HEADER_BYTES)?) else {
        return Ok(None);
    };
    let mut chain = Chain {
        start,
        first,
        frames: 0,
        samples: 0,
        end: start,
        cut: false,
    };
    while chain.frames < MOST_FRAMES && chain.end < end {
        let header = source.upto(chain.end, HEADER_BYTES)?;
        let Some(frame) = read(header).filter(|frame| frame.kind == first.kind) else {
            break;
        };
        if chain.end + frame.bytes > end {
            chain.cut = true;
            break;
        }
        chain.frames += 1;
        chain.samples += u64::from(frame.samples);
        chain.end += frame.bytes;
    }
    Ok(Some(chain))
}

/// Whether a whole frame of this kind ends exactly where the audio ends.
pub(super) fn ends_whole<R: Read + Seek>(
    source: &mut Source<R>,
    kind: u32,
    end: u64,
    read: ReadFrame,
) -> Result<bool, SniffError> {
    let from = end.saturating_sub(TAIL_BYTES as u64);
    let len = usize::try_from(end - from).unwrap_or(TAIL_BYTES);
    let tail = source.piece(from, len)?;
    // Zeros after the last frame are padding that some writers leave.
    let sound = tail
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let ends = |at: usize| at >= sound && at <= tail.len();
    let whole = |(at, byte): (usize, &u8)| {
        *byte == 0xff
            && tail
                .get(at..)
                .and_then(read)
                .filter(|frame| frame.kind == kind)
                .is_some_and(|frame| usize::try_from(frame.bytes).is_ok_and(|n| ends(at + n)))
    };
    Ok(tail.iter().enumerate().any(whole))
}
