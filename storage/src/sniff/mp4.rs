//! MPEG-4 and `QuickTime` files (ISO 14496-12): AAC, ALAC or FLAC in boxes.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::{array, be32, be64, name};
use super::format::Format;
use super::mp4_track::{self, Track};
use super::recognise::Found;
use super::source::Source;

/// More boxes beside each other than any writer makes; fragments of long streams included.
const MOST_BOXES: usize = 65_536;
/// More tracks than any file has.
const MOST_TRACKS: usize = 256;

/// One box: its kind and where its content lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) kind: [u8; 4],
    pub(super) body: u64,
    pub(super) end: u64,
}

/// The box at a place, which must end within `limit`.
pub(super) fn part<R: Read + Seek>(
    source: &mut Source<R>,
    at: u64,
    limit: u64,
) -> Result<Part, SniffError> {
    let header = source.array::<8>(at)?;
    let (body, size) = match be32(&header, 0).unwrap_or_default() {
        // A place beyond the limit ends before its own header, and is refused as such below.
        0 => (at + 8, limit.saturating_sub(at)),
        1 => (
            at + 16,
            be64(&source.array::<8>(at + 8)?, 0).unwrap_or_default(),
        ),
        size => (at + 8, u64::from(size)),
    };
    let kind = array(&header, 4).unwrap_or_default();
    let end = at.saturating_add(size);
    if end < body {
        return Err(SniffError::corrupt(
            "one of its boxes is smaller than its header",
        ));
    }
    if end > limit {
        let name = name(kind);
        return Err(SniffError::truncated(format!(
            "its box {name} declares {size} bytes and {} are there",
            limit.saturating_sub(at)
        )));
    }
    Ok(Part { kind, body, end })
}

/// The first box of a kind among those from `at` to `limit`.
pub(super) fn find<R: Read + Seek>(
    source: &mut Source<R>,
    kind: [u8; 4],
    mut at: u64,
    limit: u64,
) -> Result<Option<Part>, SniffError> {
    for _ in 0..MOST_TRACKS {
        if at + 8 > limit {
            break;
        }
        let part = part(source, at, limit)?;
        if part.kind == kind {
            return Ok(Some(part));
        }
        at = part.end;
    }
    Ok(None)
}

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let mut at = 0;
    let mut movie = None;
    let mut has_media = false;
    for _ in 0..MOST_BOXES {
        if at >= source.size() {
            break;
        }
        let part = part(source, at, source.size())?;
        match &part.kind {
            b"ftyp" if source.array::<4>(part.body)? == *b"M4P " => {
                return Err(SniffError::DrmProtected);
            }
            b"moov" => movie = movie.or(Some(part)),
            b"mdat" => has_media = true,
            _ => {}
        }
        at = part.end;
    }
    let Some(movie) = movie else {
        return Err(SniffError::truncated(
            "the part with its table of contents is missing",
        ));
    };
    let mut track = None;
    let mut at = movie.body;
    for _ in 0..MOST_TRACKS {
        if at + 8 > movie.end || track.is_some() {
            break;
        }
        let part = part(source, at, movie.end)?;
        if part.kind == *b"trak" {
            track = mp4_track::parse(source, part)?;
        }
        at = part.end;
    }
    let Some(track) = track else {
        return Err(SniffError::NoAudioTrack);
    };
    if !has_media {
        return Err(SniffError::truncated(
            "the part with its samples is missing",
        ));
    }
    found(source, &track, movie)
}

fn found<R: Read + Seek>(
    source: &mut Source<R>,
    track: &Track,
    movie: Part,
) -> Result<Found, SniffError> {
    let fragmented = find(source, *b"mvex", movie.body, movie.end)?.is_some();
    if !fragmented && track.packets == 0 {
        return Err(SniffError::NoAudioTrack);
    }
    let packet = match track.format {
        // AAC has 1024 samples in a packet; the last two may be short or the first one priming.
        Format::M4aAac => 2048,
        _ => 65_536,
    };
    if !fragmented && track.samples() > u64::from(track.packets) * packet {
        return Err(SniffError::corrupt(
            "it claims more sound than it has packets for",
        ));
    }
    Ok(Found {
        format: track.format,
        rate: track.rate,
        channels: track.channels,
        bits: track.bits,
        // A fragmented file's header does not know its length.
        frames: Some(track.samples()).filter(|frames| !fragmented || *frames > 0),
        seconds: None,
    })
}
