//! FLAC metadata blocks: Vorbis comments and pictures.

use crate::decode::{Picture, Tags};
use crate::{AudioError, Result};

/// Written as the vendor: who encoded this.
const VENDOR: &str = "Max Booster";

/// The body of a `VORBIS_COMMENT` block.
pub(super) fn comments(tags: &Tags) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    text(&mut body, VENDOR)?;
    body.extend_from_slice(&length(tags.entries.len())?);
    for (name, value) in &tags.entries {
        text(&mut body, &format!("{name}={value}"))?;
    }
    Ok(body)
}

fn text(to: &mut Vec<u8>, text: &str) -> Result<()> {
    to.extend_from_slice(&length(text.len())?);
    to.extend_from_slice(text.as_bytes());
    Ok(())
}

fn length(length: usize) -> Result<[u8; 4]> {
    u32::try_from(length)
        .map(u32::to_le_bytes)
        .map_err(|_| AudioError::Internal("the tags are too big for FLAC".to_owned()))
}

/// The body of a PICTURE block. Width, height and depth stay 0, which the format defines as
/// unknown: the picture's own header has them.
pub(super) fn picture(picture: &Picture) -> Result<Vec<u8>> {
    let size = |length: usize| {
        u32::try_from(length)
            .map(u32::to_be_bytes)
            .map_err(|_| AudioError::Internal("the picture is too big for FLAC".to_owned()))
    };
    let mut body = Vec::with_capacity(picture.data.len() + 64);
    body.extend_from_slice(&u32::from(picture.kind.number()).to_be_bytes());
    body.extend_from_slice(&size(picture.media_type.len())?);
    body.extend_from_slice(picture.media_type.as_bytes());
    body.extend_from_slice(&[0; 20]);
    body.extend_from_slice(&size(picture.data.len())?);
    body.extend_from_slice(&picture.data);
    Ok(body)
}
