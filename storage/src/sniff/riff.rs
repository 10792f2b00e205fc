//! WAVE in RIFF, RF64 or BW64 (EBU Tech 3306, ITU-R BS.2088).

use std::io::{Read, Seek};

use super::error::SniffError;
use super::fields::{le16, le32, le64};
use super::format::Format;
use super::recognise::Found;
use super::source::Source;

/// A size that says "look elsewhere" (RF64) or "not known when the header was written".
const UNKNOWN: u32 = u32::MAX;
/// The size that `SoX` writes when it does not know it.
const UNKNOWN_TO_SOX: u32 = 0x7fff_f000;
/// More chunks than any writer makes; a file with more would only cost time.
pub(super) const MOST_CHUNKS: usize = 4_096;

/// The `fmt ` chunk.
pub(super) struct Layout {
    rate: u32,
    channels: u16,
    block: u16,
    bits: u16,
}

impl Layout {
    /// What so many bytes of samples in this form are.
    pub(super) fn found(&self, format: Format, bytes: u64) -> Found {
        Found {
            format,
            rate: self.rate,
            channels: self.channels,
            bits: Some(self.bits),
            frames: Some(bytes / u64::from(self.block)),
            seconds: None,
        }
    }
}

pub(super) fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let wide = source.array::<4>(0)? != *b"RIFF";
    let format = if wide { Format::Rf64 } else { Format::Wav };
    let mut at = 12;
    let mut layout = None;
    let mut data_size_64 = None;
    for _ in 0..MOST_CHUNKS {
        if at >= source.size() {
            break;
        }
        let header = source.array::<8>(at)?;
        let size = le32(&header, 4).unwrap_or_default();
        let body = at + 8;
        match header.first_chunk::<4>() {
            Some(b"ds64") => data_size_64 = le64(&source.array::<16>(body)?, 8),
            Some(b"fmt ") => layout = Some(read_layout(source, body, size)?),
            Some(b"data") => {
                let layout = layout.ok_or_else(|| {
                    SniffError::corrupt("the samples come before the description of their form")
                })?;
                let declared = declared_size(size, wide.then_some(data_size_64).flatten());
                let bytes = held_against(declared, source.size() - body)?;
                return Ok(layout.found(format, bytes));
            }
            _ => {}
        }
        // Chunks are padded to an even size.
        at = body + u64::from(size) + u64::from(size & 1);
    }
    if at > source.size() {
        return Err(SniffError::truncated("a chunk ends beyond the file's end"));
    }
    Err(if layout.is_some() {
        SniffError::truncated("the chunk with the samples is missing")
    } else {
        SniffError::corrupt("it has no description of its samples")
    })
}

/// The size of the samples, or none when the writer did not know it.
fn declared_size(size: u32, size_64: Option<u64>) -> Option<u64> {
    match (size, size_64) {
        (UNKNOWN, Some(size)) => Some(size).filter(|size| *size != u64::MAX && *size != 0),
        (UNKNOWN | UNKNOWN_TO_SOX, None) => None,
        (size, _) => Some(u64::from(size)),
    }
}

/// The size of the samples that are there, when it is what was declared.
fn held_against(declared: Option<u64>, there: u64) -> Result<u64, SniffError> {
    match declared {
        Some(declared) if declared > there => Err(SniffError::truncated(format!(
            "it declares {declared} bytes of samples and holds {there}"
        ))),
        // A streaming writer that could not come back leaves a zero; then the rest is meant.
        Some(0) | None => Ok(there),
        Some(declared) => Ok(declared),
    }
}

pub(super) fn read_layout<R: Read + Seek>(
    source: &mut Source<R>,
    at: u64,
    size: u32,
) -> Result<Layout, SniffError> {
    let bad = || SniffError::corrupt("the description of its samples makes no sense");
    let body = source.upto(at, usize::try_from(size.min(40)).unwrap_or(40))?;
    let field = |place| le16(body, place).ok_or_else(bad);
    let (mut tag, channels, block, bits) = (field(0)?, field(2)?, field(12)?, field(14)?);
    let rate = le32(body, 4).ok_or_else(bad)?;
    if tag == 0xfffe {
        // WAVE_FORMAT_EXTENSIBLE keeps the true tag in the first bytes of its GUID.
        tag = field(24)?;
    }
    let known = match tag {
        1 => matches!(bits, 8 | 16 | 24 | 32),
        3 => matches!(bits, 32 | 64),
        // A-law and µ-law.
        6 | 7 => bits == 8,
        _ => return Err(SniffError::unsupported(format!("WAV with {}", codec(tag)))),
    };
    let bytes = u32::from(channels) * u32::from(bits) / 8;
    if !known || channels == 0 || rate == 0 || u32::from(block) != bytes {
        return Err(bad());
    }
    Ok(Layout {
        rate,
        channels,
        block,
        bits,
    })
}

/// The name of a codec tag, as the registry of WAVE forms has it.
fn codec(tag: u16) -> String {
    match tag {
        2 | 0x11 => "ADPCM".to_owned(),
        0x50 | 0x55 => "MPEG audio".to_owned(),
        0x160..=0x163 => "Windows Media Audio".to_owned(),
        tag => format!("codec 0x{tag:04x}"),
    }
}
