//! Checksums of Ogg pages, made right again after a mutation: a page with a wrong one is left out,
//! and no codec behind it would ever see damage.

/// Length of a page's header up to its table of lengths (RFC 3533, section 6).
const HEADER: usize = 27;
/// Where a page has its checksum.
const CHECKSUM: std::ops::Range<usize> = 22..26;

/// Gives every whole page its checksum, wherever one begins.
pub fn mend(mut bytes: &mut [u8]) {
    while let Some(at) = bytes.windows(4).position(|mark| mark == b"OggS") {
        bytes = &mut bytes[at..];
        let length = length(bytes).unwrap_or(4);
        let (page, rest) = bytes.split_at_mut(length);
        if let Some(room) = page.get_mut(CHECKSUM) {
            room.fill(0);
            let sum = checksum(page).to_le_bytes();
            page[CHECKSUM].copy_from_slice(&sum);
        }
        bytes = rest;
    }
}

/// Length of the page that the bytes begin with, if it is whole.
fn length(bytes: &[u8]) -> Option<usize> {
    let table = bytes.get(HEADER..HEADER + usize::from(*bytes.get(HEADER - 1)?))?;
    let body: usize = table.iter().map(|&part| usize::from(part)).sum();
    let length = HEADER + table.len() + body;
    (length <= bytes.len()).then_some(length)
}

/// The checksum of a page: 32 bits, highest first, with the polynomial 0x04c11db7.
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ (u32::from(byte) << 24), |sum, _| {
            (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}
