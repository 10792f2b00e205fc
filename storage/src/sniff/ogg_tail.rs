//! The last pages of an Ogg file, which tell its length and whether it came whole.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::le32;
use super::ogg::page;
use super::source::Source;

/// Twice the largest page (65,307 bytes), so that the last page is always seen whole.
const TAIL_BYTES: u64 = 128 * 1024;
/// Places looked at for the start of a page, and pages looked at for one of the stream: false
/// starts are rare, and a file made of them must not cost time.
const CANDIDATES: usize = 4;
const MOST_PAGES: usize = 256;
/// The position of a page on which no packet ends.
const NO_POSITION: u64 = u64::MAX;

/// The position after the last sample of a stream. The file must end with a whole page, and the
/// stream with a page that is marked as its last. None when another stream fills the end.
pub(super) fn last_granule<R: Read + Seek>(
    source: &mut Source<R>,
    serial: u32,
) -> Result<Option<u64>, SniffError> {
    let from = source.size().saturating_sub(TAIL_BYTES);
    let len = usize::try_from(source.size() - from).unwrap_or_default();
    let tail = source.piece(from, len)?;
    let mut end = tail.len();
    let mut position = None;
    let mut ended = None;
    // From the last page backwards; each must end where the one after it begins.
    for _ in 0..MOST_PAGES {
        let Some((at, last)) = page_ending_at(&tail, end) else {
            break;
        };
        ended.get_or_insert(last.last());
        if last.serial == serial {
            if position.is_none() && !last.last() {
                return Err(SniffError::truncated(
                    "the last page of its stream is missing",
                ));
            }
            if last.granule != NO_POSITION {
                position = Some(last.granule);
                break;
            }
        }
        end = at;
    }
    match ended {
        None => Err(SniffError::truncated("its last page is not whole")),
        Some(false) => Err(SniffError::truncated(
            "the last page of its stream is missing",
        )),
        Some(true) => Ok(position),
    }
}

/// The page with a right checksum that ends exactly at `end`.
fn page_ending_at(tail: &[u8], end: usize) -> Option<(usize, super::ogg::Page)> {
    let bytes = tail.get(..end)?;
    let starts = bytes
        .windows(4)
        .enumerate()
        .rev()
        .filter(|(_, word)| word == b"OggS");
    starts.take(CANDIDATES).find_map(|(at, _)| {
        let rest = bytes.get(at..)?;
        let found = page(rest)?;
        let whole = found.header + found.content == rest.len();
        (whole && checksum(rest) == le32(rest, 22)?).then_some((at, found))
    })
}

/// The page's checksum, with zeros in its own place: polynomial 0x04c11db7, not reflected.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().enumerate().fold(0, |sum: u32, (at, byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { *byte };
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 {
                sum << 1
            } else {
                sum << 1 ^ 0x04c1_1db7
            }
        })
    })
}
