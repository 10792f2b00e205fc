//! Sony Wave64: WAVE with GUIDs for names and sizes of 64 bits (Sony Pictures Digital, "Sony
//! Wave64 File Format", 2006).

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::le64;
use super::format::Format;
use super::recognise::Found;
use super::riff::{Layout, MOST_CHUNKS, read_layout};
use super::source::Source;

/// What the file begins with.
pub(super) const RIFF: &[u8; 16] = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
const FORM: &[u8; 16] = b"wave\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
const LAYOUT: &[u8; 16] = b"fmt \xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
const SAMPLES: &[u8; 16] = b"data\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
/// A chunk's own header: the name and the size, which includes the header.
const HEADER: u64 = 24;

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    if source.array::<16>(24)? != *FORM {
        return Err(SniffError::unsupported("Sony Wave64 without a WAVE in it"));
    }
    let mut at = 40;
    let mut layout: Option<Layout> = None;
    for _ in 0..MOST_CHUNKS {
        if at + HEADER > source.size() {
            break;
        }
        let header = source.array::<24>(at)?;
        let size = le64(&header, 16).unwrap_or_default();
        let Some(bytes) = size.checked_sub(HEADER) else {
            return Err(SniffError::corrupt(
                "a chunk is smaller than its own header",
            ));
        };
        let body = at + HEADER;
        match header.first_chunk::<16>() {
            Some(LAYOUT) => {
                layout = Some(read_layout(
                    source,
                    body,
                    u32::try_from(bytes).unwrap_or(40),
                )?);
            }
            Some(SAMPLES) => {
                let layout = layout.ok_or_else(|| {
                    SniffError::corrupt("the samples come before the description of their form")
                })?;
                let there = source.size() - body;
                if bytes > there {
                    return Err(SniffError::truncated(format!(
                        "it declares {bytes} bytes of samples and holds {there}"
                    )));
                }
                return Ok(layout.found(Format::Wave64, bytes));
            }
            _ => {}
        }
        // Chunks begin at multiples of eight.
        at = at.saturating_add(size).saturating_add(7) / 8 * 8;
    }
    Err(SniffError::truncated(
        "the chunk with the samples is missing",
    ))
}
