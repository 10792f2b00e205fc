//! Runs of samples in a fragmented MP4: one of twenty bytes may claim four billion samples, and
//! symphonia counts them one by one.

use std::io::SeekFrom;

use super::stream::{is_place, read_up_to};
use crate::{AudioError, ReadSeek, Result};

/// More boxes than any file has, so that no file can keep us here.
const MOST_BOXES: usize = 1 << 20;

/// The way to the runs: a fragment, what it holds of one track, and a run of that track's samples
/// (ISO 14496-12, section 8.8).
const WAY: [&[u8; 4]; 3] = [b"moof", b"traf", b"trun"];

/// Refuses a file whose runs claim more samples than it has bytes.
pub(super) fn check(bytes: &mut Box<dyn ReadSeek>, length: u64) -> Result<()> {
    let mut runs = Runs {
        bytes,
        boxes: 0,
        samples: 0,
        most: length,
    };
    runs.walk(0, length, &WAY)
}

struct Runs<'a> {
    bytes: &'a mut Box<dyn ReadSeek>,
    boxes: usize,
    samples: u64,
    most: u64,
}

impl Runs<'_> {
    fn walk(&mut self, mut at: u64, end: u64, way: &[&[u8; 4]]) -> Result<()> {
        let Some((next, further)) = way.split_first() else {
            return Ok(());
        };
        while at.saturating_add(8) <= end && is_place(at) {
            self.boxes += 1;
            if self.boxes > MOST_BOXES {
                return Err(corrupt("it has more boxes than any file"));
            }
            let mut head = [0_u8; 16];
            self.bytes.seek(SeekFrom::Start(at))?;
            read_up_to(self.bytes, &mut head)?;
            let [a, b, c, d, k0, k1, k2, k3, wide @ ..] = head;
            let (size, header) = match u32::from_be_bytes([a, b, c, d]) {
                0 => (end - at, 8),
                1 => (u64::from_be_bytes(wide), 16),
                size => (u64::from(size), 8),
            };
            if size < header {
                break;
            }
            let stop = at.saturating_add(size).min(end);
            if [k0, k1, k2, k3] == **next {
                if further.is_empty() {
                    self.count(at + header)?;
                }
                self.walk(at + header, stop, further)?;
            }
            at = stop;
        }
        Ok(())
    }

    /// Adds a run's samples, whose count comes behind four bytes of version and flags.
    fn count(&mut self, body: u64) -> Result<()> {
        let mut fields = [0_u8; 8];
        self.bytes.seek(SeekFrom::Start(body))?;
        read_up_to(self.bytes, &mut fields)?;
        let [_, _, _, _, count @ ..] = fields;
        self.samples += u64::from(u32::from_be_bytes(count));
        if self.samples > self.most {
            return Err(corrupt("it promises more samples than it has bytes"));
        }
        Ok(())
    }
}

fn corrupt(what: &str) -> AudioError {
    AudioError::Corrupt(what.to_owned())
}
