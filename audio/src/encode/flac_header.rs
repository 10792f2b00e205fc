//! Amends the sample rate in a coded FLAC frame's header.
//!
//! The audio in a frame does not depend on its sample rate, so a frame that was coded under
//! another rate becomes right by changing four bits and both checksums.

use symphonia::core::checksum::{Crc8Ccitt, Crc16Ansi};
use symphonia::core::io::Monitor;

/// Puts the rate into the frame's header; `None` when the bytes are no frame as expected.
pub(super) fn restate_rate(frame: &mut [u8], sample_rate_hz: u32) -> Option<()> {
    let code = match sample_rate_hz {
        176_400 => 2,
        192_000 => 3,
        // "As the stream's header says".
        _ => 0,
    };
    let sizes = frame.get_mut(2)?;
    let old_rate_code = *sizes & 0x0f;
    *sizes = (*sizes & 0xf0) | code;
    let block_code = *sizes >> 4;
    // Codes 12 to 14 would put the rate after the block size; the coder never uses them here.
    if old_rate_code >= 12 {
        return None;
    }
    let number = *frame.get(4)?;
    let number_bytes = match number.leading_ones() {
        0 => 1,
        ones => usize::try_from(ones).ok()?,
    };
    let block_bytes = match block_code {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let header_bytes = 4 + number_bytes + block_bytes;
    let header_check = crc8(frame.get(..header_bytes)?);
    *frame.get_mut(header_bytes)? = header_check;
    let body_bytes = frame.len().checked_sub(2)?;
    let check = crc16(frame.get(..body_bytes)?);
    frame
        .get_mut(body_bytes..)?
        .copy_from_slice(&check.to_be_bytes());
    Some(())
}

fn crc8(bytes: &[u8]) -> u8 {
    let mut sum = Crc8Ccitt::new(0);
    sum.process_buf_bytes(bytes);
    sum.crc()
}

fn crc16(bytes: &[u8]) -> u16 {
    let mut sum = Crc16Ansi::new(0);
    sum.process_buf_bytes(bytes);
    sum.crc()
}
