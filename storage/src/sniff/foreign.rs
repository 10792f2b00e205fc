//! What a file looks like that is not audio, so that its owner sees the mistake.

use std::io::{Read, Seek};

use infer::MatcherType;

use super::error::SniffError;
use super::source::Source;

/// How much of a file is looked at.
const LOOK_BYTES: usize = 8 * 1024;

/// What the file's signature says, unless it says audio.
pub(super) fn signature<R: Read + Seek>(
    source: &mut Source<R>,
) -> Result<Option<String>, SniffError> {
    let head = source.upto(0, LOOK_BYTES)?;
    if head.starts_with(b"{\\rtf") {
        return Ok(Some("an RTF document".to_owned()));
    }
    let Some(kind) = infer::get(head) else {
        return Ok(None);
    };
    let name = kind.extension().to_uppercase();
    Ok(match kind.matcher_type() {
        MatcherType::Audio | MatcherType::Custom => None,
        MatcherType::Image => Some(format!("an image ({name})")),
        MatcherType::Video => Some(format!("a video ({name}), whose sound can't be read")),
        MatcherType::Archive if name == "PDF" => Some("a PDF document".to_owned()),
        MatcherType::Archive => Some(format!("an archive ({name})")),
        MatcherType::App => Some(format!("a program ({name})")),
        MatcherType::Text => Some(format!("text ({name})")),
        MatcherType::Book | MatcherType::Doc => Some(format!("a document ({name})")),
        MatcherType::Font => Some(format!("a font ({name})")),
    })
}

/// What bytes without a signature look like.
pub(super) fn guess<R: Read + Seek>(source: &mut Source<R>) -> Result<String, SniffError> {
    let head = source.upto(0, LOOK_BYTES)?;
    let name = if head.iter().all(|byte| *byte == 0) {
        "zeros only"
    } else if is_text(head) {
        "text"
    } else {
        "data of an unknown kind"
    };
    Ok(name.to_owned())
}

fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut in two at the end of what was looked at.
        Err(error) => error.error_len().is_none(),
    };
    let printable = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    valid && head.iter().all(printable)
}
