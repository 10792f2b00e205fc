//! AIFF and AIFF-C (Apple, 1989 and 1991).

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::{array, be16, be32, name, whole_hz};
use super::format::Format;
use super::recognise::Found;
use super::source::Source;

/// More chunks than any writer makes.
const MOST_CHUNKS: usize = 4_096;

/// The `COMM` chunk.
struct Common {
    rate: u32,
    channels: u16,
    bits: u16,
    frames: u32,
}

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let compressed = source.array::<12>(0)?.ends_with(b"AIFC");
    let mut at = 12;
    let mut common = None;
    let mut samples = None;
    for _ in 0..MOST_CHUNKS {
        if at >= source.size() || (common.is_some() && samples.is_some()) {
            break;
        }
        let header = source.array::<8>(at)?;
        let size = be32(&header, 4).unwrap_or_default();
        let body = at + 8;
        if u64::from(size) > source.size() - body {
            let there = source.size() - body;
            let what = format!("a chunk declares {size} bytes and {there} are there");
            return Err(SniffError::truncated(what));
        }
        match header.first_chunk::<4>() {
            Some(b"COMM") => common = Some(read_common(source, body, size, compressed)?),
            // Offset and block size come before the samples.
            Some(b"SSND") => samples = Some(u64::from(size.saturating_sub(8))),
            _ => {}
        }
        at = body + u64::from(size) + u64::from(size & 1);
    }
    let Some(common) = common else {
        return Err(SniffError::corrupt("it has no description of its samples"));
    };
    let frame_bytes = u64::from(common.channels) * u64::from(common.bits.div_ceil(8));
    let needed = frame_bytes * u64::from(common.frames);
    match samples {
        None if common.frames > 0 => {
            return Err(SniffError::truncated(
                "the chunk with the samples is missing",
            ));
        }
        Some(there) if needed > there => {
            let what = format!("its samples need {needed} bytes and it holds {there}");
            return Err(SniffError::truncated(what));
        }
        _ => {}
    }
    Ok(Found {
        format: Format::Aiff,
        rate: common.rate,
        channels: common.channels,
        bits: Some(common.bits),
        frames: Some(u64::from(common.frames)),
        seconds: None,
    })
}

fn read_common<R: Read + Seek>(
    source: &mut Source<R>,
    at: u64,
    size: u32,
    compressed: bool,
) -> Result<Common, SniffError> {
    let bad = || SniffError::corrupt("the description of its samples makes no sense");
    let body = source.upto(at, usize::try_from(size.min(22)).unwrap_or(22))?;
    let channels = be16(body, 0).ok_or_else(bad)?;
    let frames = be32(body, 2).ok_or_else(bad)?;
    let bits = be16(body, 6).ok_or_else(bad)?;
    let rate = whole_hz(extended(&array(body, 8).ok_or_else(bad)?));
    if compressed {
        let codec: [u8; 4] = array(body, 18).ok_or_else(bad)?;
        let known = [
            b"NONE", b"twos", b"sowt", b"in24", b"in32", b"fl32", b"FL32", b"fl64", b"FL64",
        ];
        if !known.contains(&&codec) {
            let name = name(codec);
            return Err(SniffError::unsupported(format!(
                "AIFF-C with the codec {name}"
            )));
        }
    }
    if channels == 0 || rate == 0 || !(1..=64).contains(&bits) {
        return Err(bad());
    }
    Ok(Common {
        rate,
        channels,
        bits,
        frames,
    })
}

/// An 80-bit IEEE 754 extended number, as a sample rate is written.
fn extended(bytes: &[u8; 10]) -> f64 {
    let exponent = i32::from(be16(bytes, 0).unwrap_or_default() & 0x7fff) - 16383 - 63;
    let mantissa = array(bytes, 2).map(u64::from_be_bytes).unwrap_or_default();
    mantissa as f64 * f64::from(exponent.clamp(-1000, 1000)).exp2()
}
