//! One track of an MPEG-4 file: what its samples are, and that they lie within the file.

use std::io::{Read, Seek};

use super::aac;
use super::error::SniffError;
use super::fields::{array, be16, be32, be64, name};
use super::flac::stream_info;
use super::format::Format;
use super::mp4::{Part, find, part};
use super::source::Source;

/// Chunks of a day of sound at several a second; a longer table is not looked at to its end.
const MOST_CHUNKS: u32 = 4_000_000;

/// An audio track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    pub(super) format: Format,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) bits: Option<u16>,
    pub(super) packets: u32,
    timescale: u32,
    duration: u64,
}

impl Track {
    /// Samples of one channel by the track's own clock.
    pub(super) fn samples(&self) -> u64 {
        let ticks = u128::from(self.duration) * u128::from(self.rate);
        u64::try_from(ticks / u128::from(self.timescale.max(1))).unwrap_or(u64::MAX)
    }
}

/// Reads a `trak` box; a track that is not sound is none.
pub(super) fn parse<R: Read + Seek>(
    source: &mut Source<R>,
    whole: Part,
) -> Result<Option<Track>, SniffError> {
    let mut inside = |kind: &[u8; 4], of: Part| find(source, *kind, of.body, of.end);
    let Some(media) = inside(b"mdia", whole)? else {
        return Ok(None);
    };
    let (Some(handler), Some(header), Some(info)) = (
        inside(b"hdlr", media)?,
        inside(b"mdhd", media)?,
        inside(b"minf", media)?,
    ) else {
        return Ok(None);
    };
    let table = inside(b"stbl", info)?;
    let is_sound = source.array::<12>(handler.body)?.ends_with(b"soun");
    let (true, Some(table)) = (is_sound, table) else {
        return Ok(None);
    };
    let mut inside = |kind: &[u8; 4]| find(source, *kind, table.body, table.end);
    let (Some(entries), sizes) = (inside(b"stsd")?, inside(b"stsz")?) else {
        return Err(SniffError::corrupt(
            "its track has no description of its samples",
        ));
    };
    let (near, far) = (inside(b"stco")?, inside(b"co64")?);
    let mut track = describe(source, entries)?;
    let clock = source.array::<32>(header.body)?;
    let (timescale, duration) = if clock.starts_with(&[1]) {
        (be32(&clock, 20), be64(&clock, 24))
    } else {
        (be32(&clock, 12), be32(&clock, 16).map(u64::from))
    };
    track.timescale = timescale.unwrap_or_default();
    track.duration = duration.unwrap_or_default();
    if let Some(sizes) = sizes {
        track.packets = be32(&source.array::<12>(sizes.body)?, 8).unwrap_or_default();
    }
    for (place, width) in [(near, 4), (far, 8)] {
        if let Some(place) = place {
            check_places(source, place, width)?;
        }
    }
    Ok(Some(track))
}

/// Every chunk of samples must begin within the file.
fn check_places<R: Read + Seek>(
    source: &mut Source<R>,
    table: Part,
    width: u64,
) -> Result<(), SniffError> {
    let count = be32(&source.array::<8>(table.body)?, 4).unwrap_or_default();
    if u64::from(count) > (table.end - table.body) / width {
        return Err(SniffError::corrupt(
            "its table of samples is smaller than it says",
        ));
    }
    for entry in 0..u64::from(count.min(MOST_CHUNKS)) {
        let at = table.body + 8 + entry * width;
        let place = if width == 8 {
            u64::from_be_bytes(source.array(at)?)
        } else {
            u64::from(u32::from_be_bytes(source.array(at)?))
        };
        if place >= source.size() {
            return Err(SniffError::truncated(
                "some of its samples lie beyond the file's end",
            ));
        }
    }
    Ok(())
}

/// Reads the first sample description.
fn describe<R: Read + Seek>(source: &mut Source<R>, entries: Part) -> Result<Track, SniffError> {
    let entry = part(source, entries.body + 8, entries.end)?;
    let fixed = source.array::<28>(entry.body)?;
    // QuickTime's second and third versions of the sound description are longer.
    let extra = match be16(&fixed, 8) {
        Some(1) => 16,
        Some(2) => 36,
        _ => 0,
    };
    let children = entry.body + 28 + extra;
    let protected = find(source, *b"sinf", children, entry.end).is_ok_and(|part| part.is_some());
    if matches!(&entry.kind, b"drms" | b"enca") || protected {
        return Err(SniffError::DrmProtected);
    }
    let mut track = Track {
        format: Format::M4aAac,
        rate: u32::from(be16(&fixed, 24).unwrap_or_default()),
        channels: be16(&fixed, 16).unwrap_or_default(),
        bits: None,
        packets: 0,
        timescale: 0,
        duration: 0,
    };
    match &entry.kind {
        b"mp4a" => describe_aac(source, &mut track, children, entry.end)?,
        b"alac" => {
            track.format = Format::Alac;
            let Some(cookie) = find_description(source, *b"alac", children, entry.end)? else {
                return Err(SniffError::corrupt("its ALAC track has no description"));
            };
            let cookie = source.array::<28>(cookie.body)?;
            track.bits = cookie.get(9).copied().map(u16::from);
            track.channels = cookie.get(13).copied().map_or(0, u16::from);
            track.rate = be32(&cookie, 24).unwrap_or_default();
        }
        b"fLaC" => {
            track.format = Format::Mp4Flac;
            let Some(blocks) = find(source, *b"dfLa", children, entry.end)? else {
                return Err(SniffError::corrupt("its FLAC track has no description"));
            };
            let info = stream_info(&source.array::<34>(blocks.body + 8)?);
            (track.rate, track.channels, track.bits) = (info.rate, info.channels, Some(info.bits));
        }
        other => {
            let name = name(*other);
            return Err(SniffError::unsupported(format!(
                "MPEG-4 with the codec {name}"
            )));
        }
    }
    Ok(track)
}

/// Reads the `esds` box of an AAC track (ISO 14496-1).
fn describe_aac<R: Read + Seek>(
    source: &mut Source<R>,
    track: &mut Track,
    at: u64,
    end: u64,
) -> Result<(), SniffError> {
    let esds = find_description(source, *b"esds", at, end)?;
    let Some(esds) = esds else {
        return Err(SniffError::corrupt("its AAC track has no description"));
    };
    let bytes = source.piece(esds.body + 4, 256)?;
    let (stream, _) = descriptor(&bytes, 3).unwrap_or_default();
    // A stream id and flags; the optional fields that flags announce are not used in files.
    let (decoder, _) = stream
        .get(3..)
        .and_then(|rest| descriptor(rest, 4))
        .unwrap_or_default();
    match decoder.first() {
        Some(0x40) => {}
        Some(0x66..=0x68) => {
            return Err(SniffError::unsupported("MPEG-2 AAC in MPEG-4"));
        }
        Some(0x69 | 0x6b) => return Err(SniffError::unsupported("MPEG layer audio in MPEG-4")),
        _ => {
            return Err(SniffError::corrupt(
                "its AAC track's description makes no sense",
            ));
        }
    }
    let (config, _) = decoder
        .get(13..)
        .and_then(|rest| descriptor(rest, 5))
        .unwrap_or_default();
    let (rate, channels) = aac::config(config)?;
    track.rate = rate.unwrap_or(track.rate);
    track.channels = channels.unwrap_or(track.channels);
    Ok(())
}

/// A codec's own description: a child of the entry, or of the `wave` box that `QuickTime` puts
/// around it.
fn find_description<R: Read + Seek>(
    source: &mut Source<R>,
    kind: [u8; 4],
    at: u64,
    end: u64,
) -> Result<Option<Part>, SniffError> {
    if let Some(direct) = find(source, kind, at, end)? {
        return Ok(Some(direct));
    }
    match find(source, *b"wave", at, end)? {
        Some(wave) => find(source, kind, wave.body, wave.end),
        None => Ok(None),
    }
}

/// The content of a descriptor with a tag, and what comes after it.
fn descriptor(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    if *first != tag {
        return None;
    }
    let mut size = 0;
    // At most four digits of seven bits; the high bit says that another follows.
    for _ in 0..4 {
        let [digit] = array::<1>(rest, 0)?;
        rest = rest.get(1..)?;
        size = size << 7 | usize::from(digit & 0x7f);
        if digit & 0x80 == 0 {
            break;
        }
    }
    Some(rest.split_at(size.min(rest.len())))
}
