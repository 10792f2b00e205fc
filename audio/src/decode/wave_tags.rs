//! Tags of a WAVE file: RIFF INFO lists and ID3 chunks, before or behind the samples.

use std::io::{Cursor, SeekFrom};

use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{
    MetadataBuilder, MetadataInfo, MetadataOptions, MetadataReader, MetadataRevision,
    well_known::METADATA_ID_WAVE,
};
use symphonia::default::meta::{Id3v2Reader, embedded::riff};

use super::chunks::Chunk;
use super::stream::read_up_to;
use super::tags::Tags;
use crate::{Limits, ReadSeek, Result};

/// More chunks with tags than any file has.
const MOST_CHUNKS: usize = 16;

const INFO: MetadataInfo = MetadataInfo {
    metadata: METADATA_ID_WAVE,
    short_name: "wave",
    long_name: "Waveform Audio File Format",
};

/// Reads the tags of these chunks, as far as the limits go. What can't be read is left out.
pub(super) fn read(
    bytes: &mut Box<dyn ReadSeek>,
    chunks: &[Chunk],
    limits: &Limits,
) -> Result<Tags> {
    let most = limits
        .max_tag_bytes
        .saturating_add(limits.max_picture_bytes);
    let mut revisions = Vec::new();
    for chunk in chunks.iter().take(MOST_CHUNKS) {
        let size = usize::try_from(chunk.size).unwrap_or(usize::MAX);
        if size > most {
            continue;
        }
        bytes.seek(SeekFrom::Start(chunk.body))?;
        let body = read_all(bytes, size)?;
        if &chunk.name == b"LIST" {
            revisions.extend(body.strip_prefix(b"INFO").map(info));
        } else {
            revisions.extend(id3(body));
        }
    }
    Ok(Tags::of_revisions(&revisions, limits))
}

/// Up to `size` bytes: what a header claims is not allocated before it is there.
fn read_all(bytes: &mut Box<dyn ReadSeek>, size: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < size {
        let from = body.len();
        body.resize(size.min(from + 65_536), 0);
        let got = read_up_to(bytes, body.get_mut(from..).unwrap_or_default())?;
        if from + got < body.len() {
            body.truncate(from + got);
            break;
        }
    }
    Ok(body)
}

/// The chunks of an INFO list, each a text that ends with a zero.
fn info(mut list: &[u8]) -> MetadataRevision {
    let mut builder = MetadataBuilder::new(INFO);
    while let Some((&[a, b, c, d, s0, s1, s2, s3], rest)) = list.split_first_chunk::<8>() {
        let size = usize::try_from(u32::from_le_bytes([s0, s1, s2, s3])).unwrap_or(usize::MAX);
        let Some(text) = rest.get(..size) else { break };
        // A name that is no text is refused, and the others still count.
        let _ = riff::parse_riff_info_chunk([a, b, c, d], text, &mut builder);
        list = rest.get(size + (size & 1)..).unwrap_or_default();
    }
    builder.build()
}

fn id3(body: Vec<u8>) -> Option<MetadataRevision> {
    if !body.starts_with(b"ID3") {
        return None;
    }
    let options = MediaSourceStreamOptions::default();
    let stream = MediaSourceStream::new(Box::new(Cursor::new(body)), options);
    let mut reader = Id3v2Reader::try_new(stream, MetadataOptions::default()).ok()?;
    Some(reader.read_all().ok()?.revision)
}
