//! MPEG audio layer III, with or without the index frame of Xing, LAME or Fraunhofer.

use std::io::{Read, Seek};

use super::chain::{self, Chain, Frame};
use super::error::SniffError;
use super::fields::{array, be32};
use super::format::Format;
use super::id3;
use super::recognise::Found;
use super::source::Source;

/// Bit rates in kbit/s by index from 1 (ISO 11172-3 and 13818-3).
const MPEG1_LAYER3: [u32; 14] = [
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
];
const MPEG1_LAYER2: [u32; 14] = [
    32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
];
const MPEG2: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/// Sample rates of MPEG-1 in Hz; MPEG-2 halves them, MPEG-2.5 quarters them.
const RATES: [u32; 3] = [44_100, 48_000, 32_000];
/// The bit in [`Frame::kind`] that marks layer II.
const LAYER2: u32 = 1 << 8;

/// What an index frame says.
struct Index {
    frames: Option<u32>,
    bytes: Option<u32>,
    /// Samples that the encoder added at both ends.
    padding: u64,
}

pub(super) fn parse<R: Read + Seek>(
    source: &mut Source<R>,
    start: u64,
) -> Result<Option<Found>, SniffError> {
    let end = id3::end(source)?;
    let Some(chain) = chain::find(source, start, end, read_frame)? else {
        return Ok(None);
    };
    if chain.first.kind & LAYER2 != 0 {
        return Err(SniffError::unsupported("MP2 (MPEG layer II)"));
    }
    if chain.frames == 0 {
        return Err(SniffError::truncated("it ends inside its first frame"));
    }
    let index = read_index(source, &chain)?;
    let there = end - chain.start;
    match index.as_ref().and_then(|index| index.bytes) {
        Some(declared) if u64::from(declared) > there => {
            let what = format!("its index counts {declared} bytes and it holds {there}");
            return Err(SniffError::truncated(what));
        }
        Some(_) => {}
        None => {
            if !chain::ends_whole(source, chain.first.kind, end, read_frame)? {
                return Err(SniffError::truncated("its last frame is not whole"));
            }
        }
    }
    let counted = index.as_ref().and_then(|index| {
        let samples = u64::from(index.frames?) * u64::from(chain.first.samples);
        Some(samples.saturating_sub(index.padding))
    });
    let frames = counted.or((chain.end == end).then_some(chain.samples));
    let rate = chain.first.rate;
    Ok(Some(Found {
        format: Format::Mp3,
        rate,
        channels: chain.first.channels,
        bits: None,
        frames,
        seconds: Some(
            frames.map_or(chain.estimated_samples(end), |frames| frames as f64) / f64::from(rate),
        ),
    }))
}

/// Reads the header of a frame of layer III or II.
fn read_frame(bytes: &[u8]) -> Option<Frame> {
    let [0xff, b, c, d] = array::<4>(bytes, 0)? else {
        return None;
    };
    if b & 0xe0 != 0xe0 {
        return None;
    }
    // 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5; 1 is reserved.
    let version = b >> 3 & 3;
    let (layer2, table) = match (version, b >> 1 & 3) {
        (3, 1) => (false, MPEG1_LAYER3),
        (0 | 2, 1) => (false, MPEG2),
        (3, 2) => (true, MPEG1_LAYER2),
        (0 | 2, 2) => (true, MPEG2),
        _ => return None,
    };
    let kbits = table.get(usize::from(c >> 4).checked_sub(1)?)?;
    let divisor = match version {
        3 => 1,
        2 => 2,
        _ => 4,
    };
    let rate = RATES.get(usize::from(c >> 2 & 3))? / divisor;
    let samples = if layer2 || version == 3 { 1152 } else { 576 };
    let padding = u32::from(c >> 1 & 1);
    let mono = d >> 6 == 3;
    let marks = u32::from(version) << 4 | u32::from(c >> 2 & 3) << 1 | u32::from(mono);
    Some(Frame {
        bytes: u64::from(samples / 8 * kbits * 1000 / rate + padding),
        kind: if layer2 { marks | LAYER2 } else { marks },
        samples,
        rate,
        channels: if mono { 1 } else { 2 },
    })
}

/// Reads the index in the first frame, when there is one.
fn read_index<R: Read + Seek>(
    source: &mut Source<R>,
    chain: &Chain,
) -> Result<Option<Index>, SniffError> {
    let frame = source.upto(chain.start, 256)?;
    if frame.get(36..40) == Some(b"VBRI") {
        let (bytes, frames) = (be32(frame, 46), be32(frame, 50));
        return Ok(Some(Index {
            frames,
            bytes,
            padding: 0,
        }));
    }
    let side_info = match (chain.first.samples, chain.first.channels) {
        (1152, 2) => 32,
        (1152, _) | (_, 2) => 17,
        _ => 9,
    };
    let Some(tag) = frame.get(4 + side_info..) else {
        return Ok(None);
    };
    if !tag.starts_with(b"Xing") && !tag.starts_with(b"Info") {
        return Ok(None);
    }
    let flags = be32(tag, 4).unwrap_or_default();
    let mut at = 8;
    let mut field = |bit: u32, len: usize| {
        let here = at;
        if flags & bit == 0 {
            return None;
        }
        at += len;
        be32(tag, here)
    };
    let (frames, bytes) = (field(1, 4), field(2, 4));
    let _ = (field(4, 100), field(8, 4));
    // LAME's extension begins with nine letters of its name; delay and padding are 12 bits each.
    let padding = tag
        .get(at + 21..at + 24)
        .filter(|_| tag.get(at).is_some_and(|c| *c != 0));
    let padding = match padding {
        Some([a, b, c]) => {
            let delay = u64::from(*a) << 4 | u64::from(b >> 4);
            delay + (u64::from(b & 15) << 8 | u64::from(*c))
        }
        _ => 0,
    };
    Ok(Some(Index {
        frames,
        bytes,
        padding,
    }))
}
