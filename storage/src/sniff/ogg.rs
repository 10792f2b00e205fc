//! Ogg (RFC 3533) with Vorbis, Opus (RFC 7845) or FLAC.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::{array, le16, le32, le64};
use super::flac::stream_info;
use super::format::Format;
use super::ogg_tail;
use super::recognise::Found;
use super::source::Source;

/// More streams side by side than any file has.
const MOST_STREAMS: usize = 32;

/// A page's header.
pub(super) struct Page {
    /// Bytes of the header with its table.
    pub(super) header: usize,
    /// Bytes of the content.
    pub(super) content: usize,
    pub(super) flags: u8,
    pub(super) granule: u64,
    pub(super) serial: u32,
}

impl Page {
    /// Whether a stream begins with this page.
    fn first(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether its stream ends with this page.
    pub(super) fn last(&self) -> bool {
        self.flags & 4 != 0
    }
}

/// Reads a page's header, when the bytes are one.
pub(super) fn page(bytes: &[u8]) -> Option<Page> {
    if !bytes.starts_with(b"OggS\0") {
        return None;
    }
    let segments = usize::from(*bytes.get(26)?);
    let content = bytes
        .get(27..27 + segments)?
        .iter()
        .map(|size| usize::from(*size))
        .sum();
    Some(Page {
        header: 27 + segments,
        content,
        flags: *bytes.get(5)?,
        granule: le64(bytes, 6)?,
        serial: le32(bytes, 14)?,
    })
}

/// One stream's first packet.
struct Stream {
    serial: u32,
    format: Format,
    rate: u32,
    channels: u16,
    bits: Option<u16>,
    /// Samples at the start that are not played.
    skip: u64,
}

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let mut at = 0;
    let mut stream = None;
    let mut refused = None;
    for _ in 0..MOST_STREAMS {
        let bytes = source.upto(at, 27 + 255 + 64)?;
        let Some(page) = page(bytes) else { break };
        if !page.first() {
            break;
        }
        let content = bytes.get(page.header..).unwrap_or_default();
        match first_packet(content, page.serial) {
            Ok(found) => stream = stream.or(found),
            Err(error) => refused = Some(error),
        }
        at += (page.header + page.content) as u64;
        if at > source.size() {
            return Err(SniffError::truncated("it ends inside its first page"));
        }
    }
    let Some(stream) = stream else {
        return Err(refused.unwrap_or(SniffError::NoAudioTrack));
    };
    let end = ogg_tail::last_granule(source, stream.serial)?;
    Ok(Found {
        format: stream.format,
        rate: stream.rate,
        channels: stream.channels,
        bits: stream.bits,
        frames: end.map(|granule| granule.saturating_sub(stream.skip)),
        seconds: None,
    })
}

/// Recognises a stream by its first packet; one that is not audio is none.
fn first_packet(packet: &[u8], serial: u32) -> Result<Option<Stream>, SniffError> {
    let bad = || SniffError::corrupt("the first page of its stream makes no sense");
    let byte = |at: usize| packet.get(at).copied().map(u16::from).ok_or_else(bad);
    if packet.starts_with(b"\x01vorbis") {
        let rate = le32(packet, 12).ok_or_else(bad)?;
        let channels = byte(11)?;
        let format = Format::OggVorbis;
        return Ok(Some(Stream {
            serial,
            format,
            rate,
            channels,
            bits: None,
            skip: 0,
        }));
    }
    if packet.starts_with(b"OpusHead") {
        // Opus is always decoded at 48 kHz, whatever rate its header remembers.
        let skip = u64::from(le16(packet, 10).ok_or_else(bad)?);
        let (channels, format) = (byte(9)?, Format::Opus);
        return Ok(Some(Stream {
            serial,
            format,
            rate: 48_000,
            channels,
            bits: None,
            skip,
        }));
    }
    if packet.starts_with(b"\x7fFLAC") {
        let info = stream_info(&array(packet, 17).ok_or_else(bad)?);
        return Ok(Some(Stream {
            serial,
            format: Format::OggFlac,
            rate: info.rate,
            channels: info.channels,
            bits: Some(info.bits),
            skip: 0,
        }));
    }
    if packet.starts_with(b"Speex   ") {
        return Err(SniffError::unsupported("Ogg with Speex"));
    }
    Ok(None)
}
