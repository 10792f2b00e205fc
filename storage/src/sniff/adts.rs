//! AAC in ADTS frames (ISO 13818-7).

use std::io::{Read, Seek};

use super::aac;
use super::chain::{self, Frame};
use super::error::SniffError;
use super::fields::array;
use super::format::Format;
use super::id3;
use super::recognise::Found;
use super::source::Source;

/// The two bits of the profile in [`Frame::kind`].
const PROFILE_SHIFT: u32 = 8;
/// AAC Low Complexity.
const LOW_COMPLEXITY: u32 = 1;

pub(super) fn parse<R: Read + Seek>(
    source: &mut Source<R>,
    start: u64,
) -> Result<Option<Found>, SniffError> {
    let end = id3::end(source)?;
    let Some(chain) = chain::find(source, start, end, read_frame)? else {
        return Ok(None);
    };
    if chain.first.kind >> PROFILE_SHIFT != LOW_COMPLEXITY {
        return Err(SniffError::unsupported(
            "AAC in a profile other than Low Complexity",
        ));
    }
    if chain.frames == 0 || !chain::ends_whole(source, chain.first.kind, end, read_frame)? {
        return Err(SniffError::truncated("its last frame is not whole"));
    }
    let rate = chain.first.rate;
    Ok(Some(Found {
        format: Format::Aac,
        rate,
        channels: chain.first.channels,
        bits: None,
        frames: (chain.end == end).then_some(chain.samples),
        seconds: Some(chain.estimated_samples(end) / f64::from(rate)),
    }))
}

fn read_frame(bytes: &[u8]) -> Option<Frame> {
    let header = u64::from_be_bytes(array(bytes, 0)?);
    // Fields are told by the place of their last bit, counted from the header's first.
    let field =
        |last: u32, bits: u32| u32::try_from(header >> (63 - last) & ((1 << bits) - 1)).ok();
    // Twelve sync bits, and a layer of zero, which no MPEG layer I to III has.
    if field(11, 12)? != 0xfff || field(14, 2)? != 0 {
        return None;
    }
    let (bare, profile, index) = (field(15, 1)? == 1, field(17, 2)?, field(21, 4)?);
    let rate = aac::rate(index)?;
    let channels = aac::channels(field(25, 3)?)?;
    let length = field(42, 13)?;
    // Without a checksum the header has seven bytes, with one nine.
    (length > if bare { 7 } else { 9 }).then_some(Frame {
        bytes: u64::from(length),
        kind: profile << PROFILE_SHIFT | index << 4 | u32::from(channels),
        samples: 1024 * (field(55, 2)? + 1),
        rate,
        channels,
    })
}
