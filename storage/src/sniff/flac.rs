//! Native FLAC (RFC 9639).

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::{array, be16, be64};
use super::format::Format;
use super::recognise::Found;
use super::source::Source;
use super::{flac_tail, id3};

/// More metadata blocks than any writer makes.
const MOST_BLOCKS: usize = 1_024;

/// What a STREAMINFO block says.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamInfo {
    pub(super) largest_block: u16,
    /// Bytes of the largest frame, or 0 when not known.
    pub(super) largest_frame: u32,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) bits: u16,
    /// Samples of one channel, or none when not known.
    pub(super) frames: Option<u64>,
}

/// Reads the 34 bytes of a STREAMINFO block.
pub(super) fn stream_info(block: &[u8; 34]) -> StreamInfo {
    let packed = be64(block, 10).unwrap_or_default();
    let field = |shift: u32, bits: u32| packed >> shift & ((1 << bits) - 1);
    let small = |value: u64| u16::try_from(value).unwrap_or_default();
    let [a, b, c] = array(block, 7).unwrap_or_default();
    StreamInfo {
        largest_block: be16(block, 2).unwrap_or_default(),
        largest_frame: u32::from_be_bytes([0, a, b, c]),
        rate: u32::try_from(field(44, 20)).unwrap_or_default(),
        channels: small(field(41, 3)) + 1,
        bits: small(field(36, 5)) + 1,
        frames: Some(field(0, 36)).filter(|frames| *frames != 0),
    }
}

pub(super) fn parse<R: Read + Seek>(
    source: &mut Source<R>,
    start: u64,
) -> Result<Found, SniffError> {
    let mut at = start + 4;
    let mut info = None;
    let mut last = false;
    for _ in 0..MOST_BLOCKS {
        let [kind, a, b, c] = source.array::<4>(at)?;
        let size = u64::from(u32::from_be_bytes([0, a, b, c]));
        match (kind & 0x7f, &info) {
            (0, None) if size == 34 => info = Some(stream_info(&source.array::<34>(at + 4)?)),
            (0 | 127, _) | (_, None) => {
                return Err(SniffError::corrupt("its metadata makes no sense"));
            }
            _ => {}
        }
        at += 4 + size;
        if at > source.size() {
            return Err(SniffError::truncated("it ends inside its metadata"));
        }
        if kind & 0x80 != 0 {
            last = true;
            break;
        }
    }
    let Some(info) = info.filter(|_| last) else {
        return Err(SniffError::corrupt("its metadata has no end"));
    };
    let end = id3::end(source)?;
    let frames = if at >= end {
        if info.frames.is_some() {
            return Err(SniffError::truncated("it ends before its first frame"));
        }
        0
    } else {
        flac_tail::frames(source, &info, at, end)?
    };
    Ok(Found {
        format: Format::Flac,
        rate: info.rate,
        channels: info.channels,
        bits: Some(info.bits),
        frames: Some(frames),
        seconds: None,
    })
}
