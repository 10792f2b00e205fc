//! Tells a cut Ogg file from a whole one: Ogg states no length up front, so a cut file decodes
//! without complaint up to where it was cut.

use std::io::{Seek, SeekFrom};

use super::stream::read_up_to;
use crate::{ReadSeek, Result};

/// An Ogg page is at most 27 + 255 + 255 * 255 bytes.
const LONGEST_PAGE: u64 = 65_307;

/// Whether the file's last page is incomplete. Padding after a whole last page is no cut.
pub(super) fn is_cut(bytes: &mut Box<dyn ReadSeek>, length: u64) -> Result<bool> {
    let start = length.saturating_sub(LONGEST_PAGE);
    bytes.seek(SeekFrom::Start(start))?;
    let mut tail = vec![0_u8; usize::try_from(length - start).unwrap_or(0)];
    let got = read_up_to(bytes, &mut tail)?;
    tail.truncate(got);
    let Some(at) = tail
        .windows(4)
        .rposition(|window| window == b"OggS")
        .filter(|_| tail.len() > 4)
    else {
        // Longer than any page without a page's mark: the end is not Ogg any more.
        return Ok(true);
    };
    let page = tail.get(at..).unwrap_or_default();
    let Some(&segments) = page.get(26) else {
        return Ok(true);
    };
    let Some(lacing) = page.get(27..27 + usize::from(segments)) else {
        return Ok(true);
    };
    let body: usize = lacing.iter().map(|&size| usize::from(size)).sum();
    Ok(page.len() < 27 + lacing.len() + body)
}
