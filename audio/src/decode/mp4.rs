//! What symphonia's MP4 reader does not pass on: the edit list, which says how many priming
//! samples the encoder put in front, and whether the audio is encrypted.

use std::io::{Seek, SeekFrom};

use super::stream::{Patch, read_up_to};
use crate::{ReadSeek, Result};

/// Boxes looked at before giving up, so that no file can keep us here.
const MOST_BOXES: usize = 4_096;

/// The facts of the first audio track.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Media time at which the presentation starts, in units of the track's time scale.
    pub start: u64,
    /// The track's units in a second.
    pub track_scale: u32,
    /// Whether the samples are encrypted.
    pub protected: bool,
    /// What symphonia is to read instead of the bytes that are there.
    pub patches: Vec<Patch>,
}

struct Walker<'a> {
    bytes: &'a mut Box<dyn ReadSeek>,
    left: usize,
    facts: Facts,
    found: bool,
}

impl Facts {
    /// Walks `moov`; `None` without an audio track in it.
    pub(super) fn read(bytes: &mut Box<dyn ReadSeek>, length: u64) -> Result<Option<Self>> {
        let mut walker = Walker {
            bytes,
            left: MOST_BOXES,
            facts: Self::default(),
            found: false,
        };
        walker.walk(0, length, 0)?;
        Ok(walker.found.then_some(walker.facts))
    }
}

impl Walker<'_> {
    fn walk(&mut self, mut at: u64, end: u64, depth: u8) -> Result<()> {
        while at + 8 <= end && self.left > 0 && !self.found {
            self.left -= 1;
            let mut head = [0_u8; 16];
            self.bytes.seek(SeekFrom::Start(at))?;
            if read_up_to(self.bytes, &mut head)? < 8 {
                break;
            }
            let [a, b, c, d, k0, k1, k2, k3, wide @ ..] = head;
            let (size, body) = match u32::from_be_bytes([a, b, c, d]) {
                0 => (end - at, at + 8),
                1 => (u64::from_be_bytes(wide), at + 16),
                size => (u64::from(size), at + 8),
            };
            let stop = at.saturating_add(size).min(end);
            if stop < body {
                break;
            }
            self.enter([k0, k1, k2, k3], body, stop, depth)?;
            at = stop;
        }
        Ok(())
    }

    fn enter(&mut self, kind: [u8; 4], body: u64, end: u64, depth: u8) -> Result<()> {
        match &kind {
            b"moov" | b"edts" | b"mdia" | b"minf" | b"stbl" if depth < 8 => {
                self.walk(body, end, depth + 1)?;
            }
            b"trak" if depth < 8 => {
                self.facts = Facts::default();
                self.walk(body, end, depth + 1)?;
            }
            b"mdhd" => self.facts.track_scale = self.time_scale(body)?,
            b"elst" => self.edit_list(body)?,
            b"stsd" => self.sample_description(body, end)?,
            _ => {}
        }
        Ok(())
    }

    fn at<const N: usize>(&mut self, position: u64) -> Result<[u8; N]> {
        let mut buffer = [0_u8; N];
        self.bytes.seek(SeekFrom::Start(position))?;
        read_up_to(self.bytes, &mut buffer)?;
        Ok(buffer)
    }

    /// The time scale of `mdhd`.
    fn time_scale(&mut self, body: u64) -> Result<u32> {
        let [version] = self.at::<1>(body)?;
        let offset = if version == 1 { 20 } else { 12 };
        Ok(u32::from_be_bytes(self.at(body + offset)?))
    }

    /// The first edit that plays media: empty edits (media time -1) only delay the track.
    fn edit_list(&mut self, body: u64) -> Result<()> {
        let [version, _, _, _, c0, c1, c2, c3] = self.at::<8>(body)?;
        let count = u32::from_be_bytes([c0, c1, c2, c3]).min(16);
        for index in 0..u64::from(count) {
            // A length comes first, of four or eight bytes, then the start.
            let start = if version == 1 {
                i64::from_be_bytes(self.at(body + 16 + index * 20)?)
            } else {
                i64::from(i32::from_be_bytes(self.at(body + 12 + index * 12)?))
            };
            if let Ok(start) = u64::try_from(start) {
                self.facts.start = start;
                break;
            }
        }
        Ok(())
    }

    /// The codec's name decides whether this is the audio track, and whether it is locked.
    fn sample_description(&mut self, body: u64, end: u64) -> Result<()> {
        let entry: [u8; 4] = self.at(body + 12)?;
        if &entry == b"alac" {
            self.unwrap_alac(body + 16, end)?;
        }
        match &entry {
            b"drms" | b"enca" => {
                self.facts.protected = true;
                self.found = true;
            }
            b"mp4a" | b"alac" | b"fLaC" | b"Opus" | b".mp3" | b"sowt" | b"twos" | b"lpcm"
            | b"ac-3" | b"ec-3" | b"in24" | b"in32" | b"fl32" | b"fl64" => self.found = true,
            _ => {}
        }
        Ok(())
    }

    /// `QuickTime` puts ALAC's description into a `wave` box, where symphonia doesn't look: the
    /// box's header is made one that ends where the description begins.
    fn unwrap_alac(&mut self, entry: u64, end: u64) -> Result<()> {
        let version = u16::from_be_bytes(self.at(entry + 8)?);
        let children = entry + if version == 1 { 28 + 16 } else { 28 };
        if let Some(wave) = self.child(*b"wave", children, end)?
            && let Some(inner) = self.child(*b"alac", wave + 8, end)?
            && let Ok(skipped) = u32::try_from(inner - wave)
        {
            self.facts.patches = vec![
                Patch::new(wave, skipped.to_be_bytes()),
                Patch::new(wave + 4, *b"free"),
            ];
        }
        Ok(())
    }

    /// Where the first box of a kind begins among those from `at` on.
    fn child(&mut self, kind: [u8; 4], mut at: u64, end: u64) -> Result<Option<u64>> {
        while at + 8 <= end && self.left > 0 {
            self.left -= 1;
            let [a, b, c, d, k0, k1, k2, k3] = self.at(at)?;
            if [k0, k1, k2, k3] == kind {
                return Ok(Some(at));
            }
            // A box without a size of its own is none of those that are looked for.
            match u32::from_be_bytes([a, b, c, d]) {
                0..8 => break,
                size => at += u64::from(size),
            }
        }
        Ok(None)
    }
}
