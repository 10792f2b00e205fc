//! How much room the codebooks of a Vorbis stream ask for, found out before symphonia makes it.
//!
//! Symphonia unfolds a codebook into a table of up to 2 kB for every second entry, and an entry
//! takes less than a bit of a file: five kilobytes of headers would become gigabytes.

use symphonia::core::errors::Result as Read;
use symphonia::core::io::{BitReaderRtl, ReadBitsRtl};

use crate::{AudioError, Result};

/// Most entries of all codebooks together. Those of libvorbis have 12,000.
const MOST_ENTRIES: u32 = 1 << 16;
/// Most dimensions that symphonia takes.
const MOST_DIMENSIONS: u32 = 32;
/// Length of the identification header in bytes (Vorbis I, section 4.2.2).
const IDENTIFICATION: usize = 30;
/// Length of the mark in front of every header.
const MARK: usize = 7;

/// Refuses codebooks that are larger than any encoder's. Other damage is left to the decoder.
pub(super) fn check_codebooks(headers: &[u8]) -> Result<()> {
    let books = setup(headers).and_then(|setup| setup.get(MARK..));
    if let Some(books) = books
        && !are_small(&mut BitReaderRtl::new(books))
    {
        return Err(AudioError::Corrupt(
            "its codebooks are larger than any encoder makes them".to_owned(),
        ));
    }
    Ok(())
}

/// The setup header: behind the identification header, or the last of three that are laced
/// as in Matroska.
fn setup(headers: &[u8]) -> Option<&[u8]> {
    let Some(mut rest) = headers.strip_prefix(&[2]) else {
        return headers.get(IDENTIFICATION..);
    };
    let mut before = 0;
    for _ in 0..2 {
        loop {
            let (&byte, more) = rest.split_first()?;
            rest = more;
            before += usize::from(byte);
            if byte < u8::MAX {
                break;
            }
        }
    }
    rest.get(before..)
}

/// Whether all codebooks together have room, as far as they can be read: symphonia reads no
/// further either, and in the same way.
fn are_small(bits: &mut BitReaderRtl<'_>) -> bool {
    let mut entries = 0;
    let Ok(books) = bits.read_bits_leq32(8) else {
        return true;
    };
    for _ in 0..=books {
        let Ok([mark, dimensions, more]) = sizes(bits) else {
            return true;
        };
        entries += more;
        if entries > MOST_ENTRIES {
            return false;
        }
        let wrong = mark != 0x56_4342 || !(1..=MOST_DIMENSIONS).contains(&dimensions);
        if wrong || skip(bits, dimensions, more).is_err() {
            return true;
        }
    }
    true
}

/// A codebook's mark, dimensions and entries (Vorbis I, section 3.2.1).
fn sizes(bits: &mut BitReaderRtl<'_>) -> Read<[u32; 3]> {
    Ok([
        bits.read_bits_leq32(24)?,
        bits.read_bits_leq32(16)?,
        bits.read_bits_leq32(24)?,
    ])
}

/// Goes over the lengths of a codebook's words and over its vectors.
fn skip(bits: &mut BitReaderRtl<'_>, dimensions: u32, entries: u32) -> Read<()> {
    let ordered = bits.read_bool()?;
    if ordered {
        bits.ignore_bits(5)?;
        let mut known = 0;
        while known < entries {
            known += bits.read_bits_leq32((entries - known).ilog2() + 1)?;
        }
    } else if bits.read_bool()? {
        for _ in 0..entries {
            if bits.read_bool()? {
                bits.ignore_bits(5)?;
            }
        }
    } else {
        bits.ignore_bits(entries * 5)?;
    }
    let lookup = bits.read_bits_leq32(4)?;
    if lookup == 0 {
        return Ok(());
    }
    bits.ignore_bits(64)?;
    let width = bits.read_bits_leq32(4)? + 1;
    bits.ignore_bit()?;
    let values = if lookup == 1 {
        root(entries, dimensions)
    } else {
        entries * dimensions
    };
    bits.ignore_bits(values * width)?;
    Ok(())
}

/// The largest number whose power of so many dimensions is no more than the entries. By floats,
/// as symphonia has it: the next codebook is to be looked for where symphonia does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "from 1 to 65,536"
)]
fn root(entries: u32, dimensions: u32) -> u32 {
    (entries as f32).powf(1.0 / dimensions as f32).floor() as u32
}
