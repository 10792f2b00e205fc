//! ID3v2.4: the tag that carries everything inside a WAV file.

use crate::decode::{Picture, Tags};
use crate::{AudioError, Result};

/// Vorbis names and their text frames.
const FRAMES: [(&str, [u8; 4]); 19] = [
    ("TITLE", *b"TIT2"),
    ("ARTIST", *b"TPE1"),
    ("ALBUM", *b"TALB"),
    ("ALBUMARTIST", *b"TPE2"),
    ("COMPOSER", *b"TCOM"),
    ("LYRICIST", *b"TEXT"),
    ("GENRE", *b"TCON"),
    ("MOOD", *b"TMOO"),
    ("DATE", *b"TDRC"),
    ("COPYRIGHT", *b"TCOP"),
    ("ORGANIZATION", *b"TPUB"),
    ("LANGUAGE", *b"TLAN"),
    ("ISRC", *b"TSRC"),
    ("BPM", *b"TBPM"),
    ("INITIALKEY", *b"TKEY"),
    ("TRACKNUMBER", *b"TRCK"),
    ("DISCNUMBER", *b"TPOS"),
    ("CONDUCTOR", *b"TPE3"),
    ("SUBTITLE", *b"TIT3"),
];

const UTF8: u8 = 3;

/// The whole tag, header included.
pub(super) fn tag(tags: &Tags) -> Result<Vec<u8>> {
    let mut frames = Vec::new();
    for (name, id) in FRAMES {
        let values: Vec<String> = tags
            .entries
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| with_total(tags, name, value))
            .collect();
        if !values.is_empty() {
            // Several values of one frame are separated by a zero byte in ID3v2.4.
            let mut body = vec![UTF8];
            body.extend_from_slice(values.join("\0").as_bytes());
            frame(&mut frames, id, &body)?;
        }
    }
    for (name, value) in &tags.entries {
        match name.as_str() {
            "COMMENT" => frame(&mut frames, *b"COMM", &described(b"eng", "", value))?,
            "LYRICS" => frame(&mut frames, *b"USLT", &described(b"eng", "", value))?,
            "TRACKTOTAL" | "DISCTOTAL" => {}
            name if FRAMES.iter().any(|(known, _)| *known == name) => {}
            name => frame(&mut frames, *b"TXXX", &described(b"", name, value))?,
        }
    }
    for picture in &tags.pictures {
        frame(&mut frames, *b"APIC", &attached(picture))?;
    }
    let mut tag = b"ID3\x04\x00\x00".to_vec();
    tag.extend_from_slice(&synchsafe(frames.len())?);
    tag.extend_from_slice(&frames);
    Ok(tag)
}

/// ID3 writes "3/12" where Vorbis comments have two entries.
fn with_total(tags: &Tags, name: &str, value: &str) -> String {
    let total = match name {
        "TRACKNUMBER" => tags.get("TRACKTOTAL"),
        "DISCNUMBER" => tags.get("DISCTOTAL"),
        _ => None,
    };
    match total {
        Some(total) if !value.contains('/') => format!("{value}/{total}"),
        _ => value.to_owned(),
    }
}

fn described(language: &[u8], description: &str, value: &str) -> Vec<u8> {
    let mut body = vec![UTF8];
    body.extend_from_slice(language);
    body.extend_from_slice(description.as_bytes());
    body.push(0);
    body.extend_from_slice(value.as_bytes());
    body
}

fn attached(picture: &Picture) -> Vec<u8> {
    let mut body = vec![UTF8];
    body.extend_from_slice(picture.media_type.as_bytes());
    body.push(0);
    body.push(picture.kind.number());
    // No description.
    body.push(0);
    body.extend_from_slice(&picture.data);
    body
}

fn frame(to: &mut Vec<u8>, id: [u8; 4], body: &[u8]) -> Result<()> {
    to.extend_from_slice(&id);
    to.extend_from_slice(&synchsafe(body.len())?);
    to.extend_from_slice(&[0, 0]);
    to.extend_from_slice(body);
    Ok(())
}

/// Four bytes of seven bits.
fn synchsafe(size: usize) -> Result<[u8; 4]> {
    let size = u32::try_from(size)
        .ok()
        .filter(|size| *size < 1 << 28)
        .ok_or_else(|| AudioError::Internal("the tags are too big for ID3".to_owned()))?;
    let [_, _, _, d] = size.to_be_bytes();
    let [_, _, _, c] = (size >> 7).to_be_bytes();
    let [_, _, _, b] = (size >> 14).to_be_bytes();
    let [_, _, _, a] = (size >> 21).to_be_bytes();
    Ok([a & 0x7f, b & 0x7f, c & 0x7f, d & 0x7f])
}
