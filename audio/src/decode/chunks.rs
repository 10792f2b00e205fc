//! The chunks of a RIFF file, and those of Sony Wave64, which are the same with 64-bit sizes and
//! GUIDs for names.

use std::io::SeekFrom;

use super::stream::{is_place, read_up_to};
use crate::{ReadSeek, Result};

/// More chunks than any writer makes, so that no file can keep us here.
const MOST_CHUNKS: usize = 4_096;

/// The GUID of a Wave64 file: "riff" and what follows it.
const WAVE64: [u8; 16] = *b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
/// What follows the name in most GUIDs of Wave64 chunks, and in the one of a list.
const GUID: &[u8] = b"\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
const LIST_GUID: &[u8] = b"\x2f\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";

/// Names that a chunk is known by when its place is in doubt.
const KNOWN: [&[u8; 4]; 17] = [
    b"fmt ", b"data", b"fact", b"LIST", b"ds64", b"JUNK", b"junk", b"bext", b"iXML", b"axml",
    b"chna", b"id3 ", b"ID3 ", b"PEAK", b"cue ", b"smpl", b"PAD ",
];

/// Whether the first bytes are those of a Wave64 file.
pub(super) fn is_wave64(head: &[u8; 16]) -> bool {
    *head == WAVE64
}

/// One chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    /// Its name as RIFF writes it.
    pub name: [u8; 4],
    /// Its first byte after the header.
    pub body: u64,
    /// The length of its body as it is written.
    pub size: u64,
}

/// Steps from chunk to chunk.
pub(super) struct Chunks<'a> {
    bytes: &'a mut Box<dyn ReadSeek>,
    wave64: bool,
    next: u64,
    /// Whether there is a byte in front that makes an odd chunk even.
    padded: bool,
    left: usize,
}

impl<'a> Chunks<'a> {
    /// Starts behind the file's own header.
    pub(super) fn new(bytes: &'a mut Box<dyn ReadSeek>, wave64: bool) -> Self {
        Self {
            bytes,
            wave64,
            next: if wave64 { 40 } else { 12 },
            padded: false,
            left: MOST_CHUNKS,
        }
    }

    /// Whether a Wave64 file says of itself that it holds a WAVE.
    pub(super) fn is_wave(&mut self) -> Result<bool> {
        let form = self.at::<16>(24)?;
        Ok(form.is_some_and(|form| form.starts_with(b"wave") && form.ends_with(GUID)))
    }

    /// The next chunk; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if self.wave64 {
            self.next_wave64()
        } else {
            self.next_riff()
        }
    }

    /// Goes on `size` bytes into the chunk's body, whatever size the chunk itself claims.
    pub(super) fn go_on_after(&mut self, chunk: Chunk, size: u64) {
        let end = chunk.body.saturating_add(size);
        self.next = if self.wave64 {
            end.saturating_add(7) / 8 * 8
        } else {
            end.saturating_add(size & 1)
        };
        self.padded = !self.wave64 && size & 1 == 1;
    }

    fn next_riff(&mut self) -> Result<Option<Chunk>> {
        // A writer may have left out the byte that makes a chunk even.
        if self.padded
            && let Some([unpadded @ .., last]) = self.at::<5>(self.next - 1)?
            && KNOWN.contains(&&unpadded)
        {
            let [_, a, b, c] = unpadded;
            if !KNOWN.contains(&&[a, b, c, last]) {
                self.next -= 1;
            }
        }
        let Some([a, b, c, d, s0, s1, s2, s3]) = self.at(self.next)? else {
            return Ok(None);
        };
        let chunk = Chunk {
            name: [a, b, c, d],
            body: self.next + 8,
            size: u64::from(u32::from_le_bytes([s0, s1, s2, s3])),
        };
        self.go_on_after(chunk, chunk.size);
        Ok(Some(chunk))
    }

    fn next_wave64(&mut self) -> Result<Option<Chunk>> {
        let Some(head) = self.at::<24>(self.next)? else {
            return Ok(None);
        };
        let [a, b, c, d, guid @ ..] = head;
        let size = self.at(self.next + 16)?.map_or(0, u64::from_le_bytes);
        let name = match guid.get(..12) {
            Some(GUID) => [a, b, c, d],
            Some(LIST_GUID) if [a, b, c, d] == *b"list" => *b"LIST",
            _ => [0; 4],
        };
        let chunk = Chunk {
            name,
            body: self.next + 24,
            size: size.saturating_sub(24),
        };
        self.go_on_after(chunk, chunk.size);
        Ok(Some(chunk))
    }

    /// Whether the file ends at a place, or goes on with a chunk that is known by its name.
    pub(super) fn ends_or_goes_on(&mut self, position: u64) -> Result<bool> {
        let name = self.at::<4>(position)?;
        Ok(name.is_none_or(|name| KNOWN.contains(&&name)))
    }

    /// The bytes at a place; none when the file ends before them.
    pub(super) fn at<const N: usize>(&mut self, position: u64) -> Result<Option<[u8; N]>> {
        let mut buffer = [0_u8; N];
        let got = self.read_at(position, &mut buffer)?;
        Ok((got == N).then_some(buffer))
    }

    /// Fills the buffer from a place on, as far as the file goes.
    pub(super) fn read_at(&mut self, position: u64, buffer: &mut [u8]) -> Result<usize> {
        if !is_place(position) {
            return Ok(0);
        }
        self.bytes.seek(SeekFrom::Start(position))?;
        read_up_to(self.bytes, buffer)
    }
}
