//! Headers that lie: sizes of 4 GiB and of 2^64, counts that no file holds, rates and channels out
//! of this world, and protection against copying.

use super::{Input, Valid};

/// `(file, what, the bytes to look for, how far behind their start, what is written there)`.
type Lie = (
    &'static str,
    &'static str,
    &'static [u8],
    usize,
    &'static [u8],
);

const MOST_32: &[u8] = &[0xff; 4];
const MOST_64: &[u8] = &[0xff; 8];
/// The greatest 64-bit size that is not negative, big-endian.
const MOST_SIGNED: &[u8] = &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

const LIES: &[Lie] = &[
    ("wav-16", "RIFF size", b"RIFF", 4, MOST_32),
    ("wav-16", "data size", b"data", 4, MOST_32),
    ("wav-16", "data size of 2 GiB", b"data", 4, &[0, 0, 0, 0x80]),
    ("wav-16", "data size of nothing", b"data", 4, &[0; 4]),
    ("wav-16", "fmt size", b"fmt ", 4, MOST_32),
    ("wav-16", "fmt size of two", b"fmt ", 4, &[2, 0, 0, 0]),
    ("wav-16", "65535 channels", b"fmt ", 10, &[0xff; 2]),
    ("wav-16", "no channels", b"fmt ", 10, &[0; 2]),
    ("wav-16", "rate of 4 GHz", b"fmt ", 12, MOST_32),
    ("wav-16", "rate of nothing", b"fmt ", 12, &[0; 4]),
    ("wav-16", "rate of 1 Hz", b"fmt ", 12, &[1, 0, 0, 0]),
    ("wav-16", "block of nothing", b"fmt ", 20, &[0; 2]),
    ("wav-16", "block of 65535", b"fmt ", 20, &[0xff; 2]),
    ("wav-16", "no bits", b"fmt ", 22, &[0; 2]),
    ("wav-16", "65535 bits", b"fmt ", 22, &[0xff; 2]),
    ("wav-16", "unknown codec", b"fmt ", 8, &[0x99, 0x99]),
    ("wav-16", "ADPCM codec", b"fmt ", 8, &[0x11, 0]),
    (
        "wav-extensible",
        "other subformat",
        b"fmt ",
        32,
        &[0xee; 16],
    ),
    ("wav-float", "48-bit float", b"fmt ", 22, &[48, 0]),
    ("aiff", "FORM size", b"FORM", 4, MOST_32),
    ("aiff", "COMM size", b"COMM", 4, MOST_32),
    ("aiff", "frames", b"COMM", 10, MOST_32),
    ("aiff", "no channels", b"COMM", 8, &[0; 2]),
    (
        "aiff",
        "rate not a number",
        b"COMM",
        16,
        &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ),
    ("aiff", "SSND size", b"SSND", 4, MOST_32),
    ("aiff", "SSND offset", b"SSND", 8, MOST_32),
    ("flac", "block length", b"fLaC", 5, &[0xff; 3]),
    ("flac", "block sizes of nothing", b"fLaC", 8, &[0; 4]),
    ("flac", "rate of nothing", b"fLaC", 18, &[0; 2]),
    ("flac", "2^36 - 1 samples", b"fLaC", 21, &[0xff; 5]),
    ("flac", "other checksum", b"fLaC", 26, &[0xaa; 16]),
    ("mp3", "tag of 256 MiB", b"ID3", 6, &[0x7f; 4]),
    ("mp3", "index of 2^32 frames", b"Info", 8, MOST_32),
    ("m4a-aac", "moov size", b"moov", usize::MAX - 3, MOST_32),
    (
        "m4a-aac",
        "mdat size of 1",
        b"mdat",
        usize::MAX - 3,
        &[0, 0, 0, 1],
    ),
    ("m4a-aac", "sample count", b"stsz", 12, MOST_32),
    ("m4a-aac", "chunk count", b"stco", 8, MOST_32),
    ("m4a-aac", "chunk runs", b"stsc", 8, MOST_32),
    ("m4a-aac", "time runs", b"stts", 8, MOST_32),
    ("m4a-aac", "sample of 4 GiB", b"stsz", 8, MOST_32),
    ("m4a-aac", "duration", b"mdhd", 20, MOST_32),
    ("m4a-aac", "timescale of nothing", b"mdhd", 16, &[0; 4]),
    ("m4a-aac", "descriptor length", b"esds", 9, &[0xff; 4]),
    ("m4a-aac", "sold with DRM", b"mp4a", 0, b"drms"),
    ("m4a-aac", "common encryption", b"mp4a", 0, b"enca"),
    ("m4a-alac", "frame length", b"alac\0\0\0\0", 8, MOST_32),
    ("m4a-alac", "sold with DRM", b"alac", 0, b"drmi"),
    ("ogg-vorbis", "page of 255 segments", b"OggS", 26, &[0xff]),
    ("ogg-vorbis", "granule position", b"OggS", 6, MOST_64),
    ("ogg-vorbis", "255 channels", b"\x01vorbis", 11, &[0xff]),
    ("ogg-vorbis", "rate of 4 GHz", b"\x01vorbis", 12, MOST_32),
    ("ogg-vorbis", "comment length", b"\x03vorbis", 7, MOST_32),
    ("opus", "no channels", b"OpusHead", 9, &[0]),
    ("opus", "255 channels", b"OpusHead", 9, &[0xff]),
    ("opus", "comment length", b"OpusTags", 8, MOST_32),
    ("opus", "pre-skip of 65535", b"OpusHead", 10, &[0xff; 2]),
    ("caf", "data size", b"data", 4, MOST_SIGNED),
    (
        "caf",
        "data size below -1",
        b"data",
        4,
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
    ),
    ("caf", "desc size", b"desc", 4, MOST_SIGNED),
    (
        "caf",
        "rate not a number",
        b"desc",
        12,
        &[0x7f, 0xf8, 0, 0, 0, 0, 0, 1],
    ),
    (
        "caf",
        "infinite rate",
        b"desc",
        12,
        &[0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
    ),
    ("caf", "packet of 4 GiB", b"desc", 28, MOST_32),
    (
        "mka",
        "header length",
        &[0x1a, 0x45, 0xdf, 0xa3],
        4,
        &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe],
    ),
    (
        "mka",
        "segment length",
        &[0x18, 0x53, 0x80, 0x67],
        4,
        &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe],
    ),
    (
        "mka",
        "codec private length",
        &[0x63, 0xa2],
        2,
        &[0x08, 0xff, 0xff, 0xff, 0xff],
    ),
];

/// One file a lie.
pub(super) fn all(valid: &[Valid]) -> Vec<Input> {
    LIES.iter()
        .map(|(file, what, mark, offset, lie)| {
            let found = valid.iter().find(|valid| valid.name == *file);
            let mut bytes = found.map(|valid| valid.bytes.clone()).unwrap_or_default();
            let mark_at = bytes.windows(mark.len()).position(|window| window == *mark);
            let mark_at = mark_at.unwrap_or_else(|| panic!("{file} has no {mark:?}"));
            // A size stands before its name in an MP4 atom: the offset wraps round to -4.
            let at = mark_at.wrapping_add(*offset);
            bytes[at..at + lie.len()].copy_from_slice(lie);
            Input::new("forged", format!("{file}: {what}"), bytes)
        })
        .collect()
}
