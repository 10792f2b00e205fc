//! Text tags and pictures, in one vocabulary whatever the container: Vorbis comment names.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::Arc;

use symphonia::core::formats::FormatReader;
use symphonia::core::meta::{
    MetadataContainer, MetadataRevision, RawValue, StandardTag, StandardVisualKey, Tag, Visual,
};

use crate::Limits;

/// What a picture shows, by the numbers that ID3 and FLAC share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureKind {
    /// Anything without a kind of its own.
    Other,
    /// The front cover.
    FrontCover,
    /// The back cover.
    BackCover,
    /// The artist.
    Artist,
}

impl PictureKind {
    /// The number in an APIC frame and in a FLAC PICTURE block.
    pub fn number(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::FrontCover => 3,
            Self::BackCover => 4,
            Self::Artist => 8,
        }
    }
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What it shows.
    pub kind: PictureKind,
    /// Its media type, recognised by its bytes.
    pub media_type: String,
    /// Its bytes, unchanged.
    pub data: Vec<u8>,
}

/// Text tags and pictures of a track.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags {
    /// Names (upper case, as in Vorbis comments: TITLE, ARTIST, TRACKNUMBER …) and values.
    pub entries: Vec<(String, String)>,
    /// Pictures, the first ones first.
    pub pictures: Vec<Picture>,
}

/// Tags that describe the encoding of the old file or its loudness: false after mastering.
const STALE: [&str; 10] = [
    "ENCODER",
    "ENCODER_OPTIONS",
    "ENCODED BY",
    "ENCODING TIME",
    "LENGTH",
    "ENCODEDBY",
    "ENCODED-BY",
    "ENCODER SETTINGS",
    "ITUNSMPB",
    "ITUNNORM",
];

impl Tags {
    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether there is nothing to carry over.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.pictures.is_empty()
    }

    /// Everything the container and its metadata blocks say, the oldest revision first.
    pub(super) fn read(reader: &mut dyn FormatReader, limits: &Limits) -> Self {
        let mut collector = Collector::new(limits);
        let mut metadata = reader.metadata();
        loop {
            let finished = metadata.is_latest();
            if let Some(revision) = metadata.current() {
                collector.take_revision(revision);
            }
            if finished || metadata.pop().is_none() {
                return collector.tags;
            }
        }
    }

    /// Everything in these, the first first.
    pub(super) fn of_revisions(revisions: &[MetadataRevision], limits: &Limits) -> Self {
        let mut collector = Collector::new(limits);
        for revision in revisions {
            collector.take_revision(revision);
        }
        collector.tags
    }
}

/// Gathers tags up to the limits. Every tag costs the same, however many there are already: a
/// hostile file may hold a million of them.
struct Collector<'a> {
    tags: Tags,
    limits: &'a Limits,
    text_bytes: usize,
    seen: HashSet<(String, String)>,
}

impl<'a> Collector<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self {
            tags: Tags::default(),
            limits,
            text_bytes: 0,
            seen: HashSet::new(),
        }
    }

    fn take_revision(&mut self, revision: &MetadataRevision) {
        self.take(&revision.media);
        for track in &revision.per_track {
            self.take(&track.metadata);
        }
    }

    fn take(&mut self, container: &MetadataContainer) {
        for tag in &container.tags {
            self.take_tag(tag);
        }
        for visual in &container.visuals {
            self.take_picture(visual);
        }
    }

    fn take_tag(&mut self, tag: &Tag) {
        if self.text_bytes >= self.limits.max_tag_bytes {
            return;
        }
        let Some(value) = text(&tag.raw.value) else {
            return;
        };
        let (name, value) = match &tag.std {
            Some(standard) => match standard_name(standard, &value) {
                Some(pair) => pair,
                None => return,
            },
            None => (free_name(&tag.raw.key), value),
        };
        let value = value.trim_end_matches('\0').trim().to_owned();
        let usable = !name.is_empty()
            && name
                .bytes()
                .all(|byte| (0x20..=0x7d).contains(&byte) && byte != b'=');
        if !usable || value.is_empty() || is_stale(&name) {
            return;
        }
        let with_this = self.text_bytes + name.len() + value.len();
        if with_this > self.limits.max_tag_bytes {
            return;
        }
        let entry = (name, value);
        if self.seen.insert(entry.clone()) {
            self.text_bytes = with_this;
            self.tags.entries.push(entry);
        }
    }

    fn take_picture(&mut self, visual: &Visual) {
        let pictures = &mut self.tags.pictures;
        let Some(media_type) = picture_type(&visual.data) else {
            return;
        };
        if visual.data.len() > self.limits.max_picture_bytes || pictures.len() >= 8 {
            return;
        }
        let picture = Picture {
            kind: match visual.usage {
                Some(StandardVisualKey::FrontCover) | None => PictureKind::FrontCover,
                Some(StandardVisualKey::BackCover) => PictureKind::BackCover,
                Some(StandardVisualKey::ArtistPerformer) => PictureKind::Artist,
                Some(_) => PictureKind::Other,
            },
            media_type: media_type.to_owned(),
            data: visual.data.to_vec(),
        };
        if !pictures.contains(&picture) {
            pictures.push(picture);
        }
    }
}

/// Delay and length in sample frames as iTunes writes them into an MP4 (`iTunSMPB`).
pub(super) fn itunes_gapless(reader: &mut dyn FormatReader) -> Option<(u64, u64)> {
    let metadata = reader.metadata();
    let revision = metadata.current()?;
    let tag = revision
        .media
        .tags
        .iter()
        .find(|tag| tag.raw.key.ends_with("iTunSMPB"))?;
    let value = text(&tag.raw.value)?;
    let mut words = value.split_whitespace().skip(1);
    let delay = u64::from_str_radix(words.next()?, 16).ok()?;
    let _padding = words.next()?;
    let frames = u64::from_str_radix(words.next()?, 16).ok()?;
    (frames > 0).then_some((delay, frames))
}

fn is_stale(name: &str) -> bool {
    STALE.contains(&name) || name.starts_with("REPLAYGAIN_") || name.starts_with("R128_")
}

/// Only text travels: binary frames of one format mean nothing in another.
fn text(value: &RawValue) -> Option<String> {
    match value {
        RawValue::Binary(_) | RawValue::Flag => None,
        RawValue::StringList(list) => Some(list.join("; ")),
        other => Some(other.to_string()),
    }
}

/// A name without a standard meaning: kept when it looks like a word, without the prefixes that
/// containers put in front ("TXXX:", "----:com.apple.iTunes:").
fn free_name(key: &str) -> String {
    let bare = key.rsplit(':').next().unwrap_or(key);
    bare.trim().to_ascii_uppercase()
}

fn standard_name(tag: &StandardTag, raw: &str) -> Option<(String, String)> {
    let same = |name: &str, value: &Arc<String>| Some((name.to_owned(), value.to_string()));
    let number = |name: &str, value: u64| Some((name.to_owned(), value.to_string()));
    match tag {
        StandardTag::TrackTitle(value) => same("TITLE", value),
        StandardTag::Artist(value) => same("ARTIST", value),
        StandardTag::Album(value) => same("ALBUM", value),
        StandardTag::AlbumArtist(value) => same("ALBUMARTIST", value),
        StandardTag::Composer(value) => same("COMPOSER", value),
        StandardTag::Lyricist(value) => same("LYRICIST", value),
        StandardTag::Lyrics(value) => same("LYRICS", value),
        StandardTag::Performer(value) => same("PERFORMER", value),
        StandardTag::Producer(value) => same("PRODUCER", value),
        StandardTag::Genre(value) => same("GENRE", value),
        StandardTag::Mood(value) => same("MOOD", value),
        StandardTag::Comment(value) => same("COMMENT", value),
        StandardTag::Description(value) => same("DESCRIPTION", value),
        StandardTag::Copyright(value) => same("COPYRIGHT", value),
        StandardTag::License(value) => same("LICENSE", value),
        StandardTag::Label(value) => same("ORGANIZATION", value),
        StandardTag::Language(value) => same("LANGUAGE", value),
        StandardTag::IdentIsrc(value) => same("ISRC", value),
        StandardTag::IdentBarcode(value) => same("BARCODE", value),
        StandardTag::IdentCatalogNumber(value) => same("CATALOGNUMBER", value),
        StandardTag::InitialKey(value) => same("INITIALKEY", value),
        StandardTag::RecordingDate(value) | StandardTag::ReleaseDate(value) => same("DATE", value),
        StandardTag::RecordingYear(value) | StandardTag::ReleaseYear(value) => {
            number("DATE", u64::from(*value))
        }
        StandardTag::Bpm(value) => number("BPM", *value),
        StandardTag::TrackNumber(value) => number("TRACKNUMBER", *value),
        StandardTag::TrackTotal(value) => number("TRACKTOTAL", *value),
        StandardTag::DiscNumber(value) => number("DISCNUMBER", *value),
        StandardTag::DiscTotal(value) => number("DISCTOTAL", *value),
        StandardTag::Encoder(_) | StandardTag::EncodedBy(_) | StandardTag::EncoderSettings(_) => {
            None
        }
        other => {
            let name = format!("{other:?}");
            let name = name.split('(').next().unwrap_or_default();
            (!name.starts_with("ReplayGain") && !name.starts_with("Mp3Gain"))
                .then(|| (name.to_ascii_uppercase(), raw.to_owned()))
        }
    }
}

/// The media type by the picture's first bytes; what is not a picture is not carried on.
fn picture_type(data: &[u8]) -> Option<&'static str> {
    match data {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        [b'B', b'M', ..] => Some("image/bmp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str, value: &str) -> Tag {
        Tag::new(symphonia::core::meta::RawTag::new(key, value))
    }

    fn collect(max_tag_bytes: usize, tags: &[Tag]) -> Vec<(String, String)> {
        let limits = Limits {
            max_tag_bytes,
            ..Limits::default()
        };
        let mut collector = Collector::new(&limits);
        for tag in tags {
            collector.take_tag(tag);
        }
        collector.tags.entries
    }

    #[test]
    fn text_is_kept_once_and_up_to_the_limit() {
        let tags = [
            text("ONE", "1"),
            text("ONE", "1"),
            text("LONG", "does not fit"),
            text("TWO", "2"),
            text("SIX", "6"),
        ];
        let kept = collect(8, &tags);
        assert_eq!(
            kept,
            [("ONE".into(), "1".into()), ("TWO".into(), "2".into())]
        );
    }

    #[test]
    fn a_hundred_thousand_tags_are_counted_one_by_one() {
        let tags: Vec<Tag> = (0..100_000)
            .map(|n| text(&format!("N{n:06}"), "v"))
            .collect();
        // Seven bytes of name and one of value each.
        assert_eq!(collect(800_000, &tags).len(), 100_000);
        assert_eq!(collect(80_000, &tags).len(), 10_000);
    }
}
