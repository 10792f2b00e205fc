//! Apple's Core Audio Format.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::{array, be32, be64, name, whole_hz};
use super::format::Format;
use super::recognise::Found;
use super::source::Source;

/// More chunks than any writer makes.
const MOST_CHUNKS: usize = 4_096;

/// The `desc` chunk.
struct Description {
    rate: u32,
    codec: [u8; 4],
    packet_bytes: u32,
    packet_frames: u32,
    channels: u32,
    bits: u32,
}

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let mut at = 8;
    let mut description = None;
    let mut counted = None;
    let mut bytes = None;
    for _ in 0..MOST_CHUNKS {
        if at >= source.size() {
            break;
        }
        let header = source.array::<12>(at)?;
        let body = at + 12;
        let there = source.size() - body;
        let size = be64(&header, 4).unwrap_or_default();
        // Only the samples may have an unknown size (-1): they then reach to the file's end.
        let unknown = size == u64::MAX && header.starts_with(b"data");
        let size = if unknown { there } else { size };
        if size > there {
            let what = format!("a chunk declares {size} bytes and {there} are there");
            return Err(SniffError::truncated(what));
        }
        match header.first_chunk::<4>() {
            Some(b"desc") => description = Some(describe(&source.array::<32>(body)?)),
            Some(b"pakt") => counted = be64(&source.array::<24>(body)?, 8),
            // An edit count comes before the samples.
            Some(b"data") => bytes = Some(size.saturating_sub(4)),
            _ => {}
        }
        at = body + size;
    }
    let Some(desc) = description else {
        return Err(SniffError::corrupt("it has no description of its samples"));
    };
    if !matches!(&desc.codec, b"lpcm" | b"alac" | b"aac ") {
        let name = name(desc.codec);
        return Err(SniffError::unsupported(format!(
            "CAF with the codec {name}"
        )));
    }
    let Some(bytes) = bytes else {
        return Err(SniffError::truncated(
            "the chunk with the samples is missing",
        ));
    };
    let constant = (desc.packet_bytes > 0)
        .then(|| (bytes / u64::from(desc.packet_bytes)).saturating_mul(desc.packet_frames.into()));
    Ok(Found {
        format: Format::Caf,
        rate: desc.rate,
        channels: u16::try_from(desc.channels).unwrap_or(u16::MAX),
        bits: u16::try_from(desc.bits).ok().filter(|bits| *bits != 0),
        frames: counted.or(constant),
        seconds: None,
    })
}

fn describe(body: &[u8; 32]) -> Description {
    let field = |at| be32(body, at).unwrap_or_default();
    Description {
        rate: whole_hz(f64::from_bits(be64(body, 0).unwrap_or_default())),
        codec: array(body, 8).unwrap_or_default(),
        packet_bytes: field(16),
        packet_frames: field(20),
        channels: field(24),
        bits: field(28),
    }
}
