//! Tags before and after the audio, which are stepped over.

use std::io::{Read, Seek};

use super::error::SniffError;
use super::source::Source;

/// Writers that append a tag without looking leave two or three; more make no sense.
const MOST_TAGS: usize = 8;

/// Where the audio begins after `ID3v2` tags at the start of the file.
pub(super) fn skip<R: Read + Seek>(source: &mut Source<R>) -> Result<u64, SniffError> {
    let mut at = 0;
    for _ in 0..MOST_TAGS {
        let head = source.upto(at, 10)?;
        let Some([b'I', b'D', b'3', version, _, flags, a, b, c, d]) = head.first_chunk::<10>()
        else {
            break;
        };
        if *version == 0xff || (a | b | c | d) & 0x80 != 0 {
            return Err(SniffError::corrupt("its ID3 tag makes no sense"));
        }
        let size = [a, b, c, d]
            .iter()
            .fold(0, |size, digit| size << 7 | u64::from(**digit));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        at += 10 + size + footer;
        if at >= source.size() {
            return Err(SniffError::truncated("it ends inside its ID3 tag"));
        }
    }
    Ok(at)
}

/// Where the audio ends before an `ID3v1` tag, an APE tag, or both, at the end of the file.
pub(super) fn end<R: Read + Seek>(source: &mut Source<R>) -> Result<u64, SniffError> {
    let mut end = source.size();
    if let Some(at) = end.checked_sub(128)
        && source.upto(at, 3)? == b"TAG"
    {
        end = at;
    }
    if let Some(at) = end.checked_sub(32) {
        let footer = source.array::<32>(at)?;
        if footer.starts_with(b"APETAGEX") {
            let size = u64::from(super::fields::le32(&footer, 12).unwrap_or_default());
            let header = if footer.get(23).is_some_and(|flags| flags & 0x80 != 0) {
                32
            } else {
                0
            };
            end = end.saturating_sub(size + header);
        }
    }
    Ok(end)
}
