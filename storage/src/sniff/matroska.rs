//! Matroska and `WebM` (RFC 9559) with an audio track.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::whole_hz;
use super::format::Format;
use super::recognise::Found;
use super::source::Source;

/// More elements than come before the tracks in any file.
const MOST_ELEMENTS: usize = 4_096;
/// Description of tracks that is read; it holds no media.
const MOST_TRACK_BYTES: usize = 1024 * 1024;

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;

/// One element: its id, where its content begins, and its size unless unknown.
struct Element {
    id: u32,
    body: usize,
    size: Option<u64>,
}

/// An audio track.
struct Track {
    codec: String,
    rate: f64,
    channels: u64,
    bits: u64,
    encrypted: bool,
}

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let bad = || SniffError::corrupt("its elements make no sense");
    let head = next(source, 0)?.ok_or_else(bad)?;
    let mut at = (head.body as u64).saturating_add(head.size.ok_or_else(bad)?);
    let segment = next(source, at)?.filter(|segment| segment.id == SEGMENT);
    let segment = segment.ok_or_else(|| SniffError::truncated("its segment is missing"))?;
    at += segment.body as u64;
    let there = source.size().saturating_sub(at);
    if let Some(declared) = segment.size.filter(|declared| *declared > there) {
        let what = format!("its segment declares {declared} bytes and {there} are there");
        return Err(SniffError::truncated(what));
    }
    let mut seconds = None;
    for _ in 0..MOST_ELEMENTS {
        let Some(element) = next(source, at)? else {
            break;
        };
        let body = at + element.body as u64;
        let Some(size) = element.size else { break };
        if size > source.size().saturating_sub(body) {
            return Err(SniffError::truncated(
                "one of its elements ends beyond the file's end",
            ));
        }
        let content = |source: &mut Source<R>| {
            source.piece(
                body,
                usize::try_from(size).map_or(MOST_TRACK_BYTES, |n| n.min(MOST_TRACK_BYTES)),
            )
        };
        match element.id {
            INFO => seconds = duration(&content(source)?),
            TRACKS => return found(&content(source)?, seconds),
            CLUSTER => break,
            _ => {}
        }
        at = body + size;
    }
    Err(SniffError::truncated(
        "the description of its tracks is missing",
    ))
}

fn found(tracks: &[u8], seconds: Option<f64>) -> Result<Found, SniffError> {
    let track = children(tracks).find_map(|(id, entry)| (id == 0xae).then(|| audio(entry))?);
    let Some(track) = track else {
        return Err(SniffError::NoAudioTrack);
    };
    if track.encrypted {
        return Err(SniffError::DrmProtected);
    }
    let codec = track.codec.as_str();
    let known = [
        "A_VORBIS",
        "A_OPUS",
        "A_FLAC",
        "A_ALAC",
        "A_MPEG/L3",
        "A_AAC",
        "A_PCM/INT/LIT",
        "A_PCM/INT/BIG",
        "A_PCM/FLOAT/IEEE",
    ];
    if !known.contains(&codec) {
        let name = codec.escape_default();
        return Err(SniffError::unsupported(format!(
            "Matroska with the codec {name}"
        )));
    }
    let lossless = matches!(codec, "A_FLAC" | "A_ALAC") || codec.starts_with("A_PCM");
    Ok(Found {
        format: Format::Matroska,
        rate: whole_hz(track.rate),
        channels: u16::try_from(track.channels).unwrap_or(u16::MAX),
        // Writers give lossy codecs a depth too, which means nothing.
        bits: u16::try_from(track.bits)
            .ok()
            .filter(|bits| *bits != 0 && lossless),
        frames: None,
        seconds,
    })
}

/// Reads a track's entry; one that is not sound is none.
fn audio(entry: &[u8]) -> Option<Track> {
    // What the standard gives when an element is left out.
    let mut track = Track {
        codec: String::new(),
        rate: 8000.0,
        channels: 1,
        bits: 0,
        encrypted: false,
    };
    let mut is_sound = false;
    for (id, body) in children(entry) {
        match id {
            0x83 => is_sound = uint(body) == 2,
            0x86 => track.codec = text(body),
            0xe1 => {
                for (id, body) in children(body) {
                    match id {
                        0xb5 => track.rate = float(body),
                        0x9f => track.channels = uint(body),
                        0x6264 => track.bits = uint(body),
                        _ => {}
                    }
                }
            }
            0x6d80 => {
                // ContentEncodings, ContentEncoding, ContentEncryption.
                let encodings = children(body).filter(|(id, _)| *id == 0x6240);
                track.encrypted = encodings
                    .flat_map(|(_, encoding)| children(encoding))
                    .any(|(id, _)| id == 0x5035);
            }
            _ => {}
        }
    }
    is_sound.then_some(track)
}

/// The duration in seconds of an `Info` element.
fn duration(info: &[u8]) -> Option<f64> {
    let scale = children(info)
        .find(|(id, _)| *id == 0x002a_d7b1)
        .map_or(1_000_000, |(_, b)| uint(b));
    let ticks = children(info)
        .find(|(id, _)| *id == 0x4489)
        .map(|(_, body)| float(body))?;
    Some(ticks * scale as f64 / 1e9)
}

/// The elements inside another; what is cut off is left out.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let element = element(bytes)?;
        let rest = bytes.get(element.body..)?;
        let size = usize::try_from(element.size?).ok()?;
        let body = rest.get(..size)?;
        bytes = rest.get(size..)?;
        Some((element.id, body))
    })
}

fn next<R: Read + Seek>(source: &mut Source<R>, at: u64) -> Result<Option<Element>, SniffError> {
    Ok(element(source.upto(at, 12)?))
}

/// Reads an element's id and size, both of variable length.
fn element(bytes: &[u8]) -> Option<Element> {
    let id_len = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
    let id = bytes.get(..id_len).filter(|id| id.len() <= 4)?;
    let id = id
        .iter()
        .fold(0, |id: u32, byte| id << 8 | u32::from(*byte));
    let size_bytes = bytes.get(id_len..)?;
    let first = *size_bytes.first()?;
    let size_len = usize::try_from(first.leading_zeros()).ok()? + 1;
    let digits = size_bytes
        .get(..size_len)
        .filter(|digits| digits.len() <= 8)?;
    let size = digits
        .iter()
        .fold(0, |size: u64, byte| size << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * size_len)) - 1;
    // All bits set say that the writer did not know the size.
    let size = Some(size & mask).filter(|size| *size != mask);
    Some(Element {
        id,
        body: id_len + size_len,
        size,
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim_end_matches('\0')
        .to_owned()
}

fn uint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .take(8)
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn float(bytes: &[u8]) -> f64 {
    match (bytes.first_chunk::<4>(), bytes.first_chunk::<8>()) {
        (_, Some(eight)) => f64::from_be_bytes(*eight),
        (Some(four), None) => f64::from(f32::from_be_bytes(*four)),
        _ => 0.0,
    }
}
