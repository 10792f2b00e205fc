//! The last frame of a FLAC file: only when it is whole, and is the one the header promised, has
//! all of the track come.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::be16;
use super::flac::StreamInfo;
use super::source::Source;

/// More than the largest frame that the limits on channels and bits allow.
const MOST_TAIL_BYTES: u64 = 4 * 1024 * 1024;

/// Headers whose frame is checked: false ones are rare, and a file made of them must not cost time.
const CANDIDATES: usize = 8;

/// Samples of one channel up to the end of the last frame, which must be whole.
pub(super) fn frames<R: Read + Seek>(
    source: &mut Source<R>,
    info: &StreamInfo,
    start: u64,
    end: u64,
) -> Result<u64, SniffError> {
    let first = source.upto(start, 16)?;
    if header(first, info).is_none() {
        return Err(SniffError::corrupt("no frame follows its metadata"));
    }
    // A frame is never much larger than its samples uncompressed.
    let plain = u64::from(info.largest_block) * u64::from(info.channels) * u64::from(info.bits) / 8;
    let reach = plain.max(u64::from(info.largest_frame)) + 4096;
    let from = start.max(end.saturating_sub(reach.min(MOST_TAIL_BYTES)));
    let len = usize::try_from(end - from).unwrap_or_default();
    let tail = source.piece(from, len)?;
    let candidates = tail.windows(2).enumerate().rev();
    let syncs = candidates.filter(|(_, pair)| matches!(pair, [0xff, 0xf8 | 0xf9]));
    let headers = syncs.filter_map(|(at, _)| {
        let frame = tail.get(at..)?;
        Some((frame, header(frame, info)?))
    });
    let mut promised = None;
    for (frame, last_sample) in headers.take(CANDIDATES) {
        // The last two bytes of a frame are the checksum of those before them.
        let sum_at = frame.len().saturating_sub(2);
        let body = frame.get(..sum_at).unwrap_or_default();
        if be16(frame, sum_at) == Some(crc16(body)) {
            promised = Some(last_sample);
            break;
        }
    }
    match (promised, info.frames) {
        (None, _) => Err(SniffError::truncated("its last frame is not whole")),
        (Some(there), Some(declared)) if there < declared => Err(SniffError::truncated(format!(
            "it declares {declared} samples and holds {there}"
        ))),
        (Some(there), declared) => Ok(declared.unwrap_or(there)),
    }
}

/// The number of the sample after a frame's last one, when the bytes are a frame's header.
fn header(bytes: &[u8], info: &StreamInfo) -> Option<u64> {
    let [0xff, sync, sizes, form, ..] = bytes else {
        return None;
    };
    if sync & 0xfe != 0xf8 || form & 1 != 0 || form >> 4 > 10 || sizes & 15 == 15 {
        return None;
    }
    let (number, mut at) = coded_number(bytes.get(4..)?)?;
    at += 4;
    let block = match sizes >> 4 {
        0 => return None,
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => {
            at += 1;
            u64::from(*bytes.get(at - 1)?) + 1
        }
        7 => {
            at += 2;
            u64::from(be16(bytes, at - 2)?) + 1
        }
        code => 256 << (code - 8),
    };
    at += match sizes & 15 {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    if crc8(bytes.get(..at)?) != *bytes.get(at)? {
        return None;
    }
    let first_sample = if sync & 1 == 1 {
        number
    } else {
        // With a fixed block size frames are numbered; only the last one is shorter.
        number.checked_mul(u64::from(info.largest_block))?
    };
    first_sample.checked_add(block)
}

/// A number coded like UTF-8, up to 36 bits, with the count of its bytes.
fn coded_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let ones = usize::try_from(first.leading_ones()).ok()?;
    match ones {
        0 => return Some((u64::from(first), 1)),
        1 | 8 => return None,
        _ => {}
    }
    let lead = u64::from(first) & ((1 << (7 - ones)) - 1);
    let rest = bytes.get(1..ones)?;
    let digit =
        |value: u64, byte: &u8| (byte >> 6 == 2).then_some(value << 6 | u64::from(byte & 63));
    Some((rest.iter().try_fold(lead, digit)?, ones))
}

/// The checksum of a frame's header: polynomial x^8 + x^2 + x + 1.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum, _| {
            if sum & 0x80 == 0 {
                sum << 1
            } else {
                sum << 1 ^ 0x07
            }
        })
    })
}

/// The checksum of a frame: polynomial x^16 + x^15 + x^2 + 1.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            if sum & 0x8000 == 0 {
                sum << 1
            } else {
                sum << 1 ^ 0x8005
            }
        })
    })
}
