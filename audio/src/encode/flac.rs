//! FLAC: the stream around the frames, written as they come, so that memory holds a few of them and
//! not the whole track.

use std::io::SeekFrom;

use flacenc::source::{Context, Fill};

use super::flac_frames::{BLOCK_FRAMES, BLOCK_FRAMES_FIELD, Coder};
use super::{Samples, Shape, vorbis_comment};
use crate::decode::Tags;
use crate::{AudioError, Result, WriteSeek};

/// Frames that are coded together: long enough for every core to be worth its while.
const TOGETHER: usize = 32;
/// The highest rate that a STREAMINFO block can state.
const HIGHEST_RATE_HZ: u32 = 655_350;

const STREAMINFO: u8 = 0;
const VORBIS_COMMENT: u8 = 4;
const PICTURE: u8 = 6;
/// A block's length has 24 bits.
const LONGEST_BLOCK: usize = (1 << 24) - 1;

pub(super) struct FlacWriter {
    shape: Shape,
    start: u64,
    coder: Coder,
    md5: Context,
    held: Vec<i32>,
    bytes: Vec<u8>,
    frames: u64,
    blocks: usize,
    smallest: u32,
    biggest: u32,
}

pub(super) fn internal(reason: impl std::fmt::Display) -> AudioError {
    AudioError::Internal(format!("FLAC: {reason}"))
}

impl FlacWriter {
    pub(super) fn begin(out: &mut dyn WriteSeek, shape: Shape, tags: &Tags) -> Result<Self> {
        if shape.sample_rate_hz > HIGHEST_RATE_HZ || shape.channels > 8 {
            return Err(AudioError::InvalidSettings(
                "FLAC cannot hold this sample rate or number of channels".to_owned(),
            ));
        }
        let bits = usize::from(shape.bits.bytes()) * 8;
        let writer = Self {
            shape,
            start: out.stream_position()?,
            coder: Coder::new(shape)?,
            md5: Context::new(bits, usize::from(shape.channels)),
            held: Vec::new(),
            bytes: Vec::new(),
            frames: 0,
            blocks: 0,
            smallest: 0,
            biggest: 0,
        };
        out.write_all(b"fLaC")?;
        block(out, STREAMINFO, false, &writer.stream_info([0; 16]))?;
        // The last block says so: pictures that are too big for a block are left out before.
        let pictures: Vec<Vec<u8>> = tags
            .pictures
            .iter()
            .map(vorbis_comment::picture)
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .filter(|body| body.len() <= LONGEST_BLOCK)
            .collect();
        block(
            out,
            VORBIS_COMMENT,
            pictures.is_empty(),
            &vorbis_comment::comments(tags)?,
        )?;
        for (index, picture) in pictures.iter().enumerate() {
            block(out, PICTURE, index + 1 == pictures.len(), picture)?;
        }
        Ok(writer)
    }

    /// The 34 bytes of STREAMINFO.
    fn stream_info(&self, md5: [u8; 16]) -> Vec<u8> {
        let mut body = Vec::with_capacity(34);
        // Smallest and biggest block are the same: only the last one may be shorter.
        body.extend_from_slice(&BLOCK_FRAMES_FIELD.to_be_bytes());
        body.extend_from_slice(&BLOCK_FRAMES_FIELD.to_be_bytes());
        for size in [self.smallest, self.biggest] {
            let [_, a, b, c] = size.to_be_bytes();
            body.extend_from_slice(&[a, b, c]);
        }
        // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of frames.
        let packed = (u64::from(self.shape.sample_rate_hz) << 44)
            | (u64::from(self.shape.channels - 1) << 41)
            | (u64::from(self.shape.bits.bytes() * 8 - 1) << 36)
            | (self.shape.frames & ((1 << 36) - 1));
        body.extend_from_slice(&packed.to_be_bytes());
        body.extend_from_slice(&md5);
        body
    }

    pub(super) fn write(&mut self, out: &mut dyn WriteSeek, samples: &Samples<'_>) -> Result<()> {
        let Samples::Integers(samples) = samples else {
            return Err(internal("floats cannot be written"));
        };
        self.held.extend_from_slice(samples);
        let together = TOGETHER * BLOCK_FRAMES * usize::from(self.shape.channels);
        while self.held.len() >= together {
            let rest = self.held.split_off(together);
            let frames = std::mem::replace(&mut self.held, rest);
            self.write_frames(out, &frames)?;
        }
        Ok(())
    }

    fn write_frames(&mut self, out: &mut dyn WriteSeek, samples: &[i32]) -> Result<()> {
        let bytes = usize::from(self.shape.bits.bytes());
        self.bytes.clear();
        for sample in samples {
            self.bytes
                .extend(sample.to_le_bytes().into_iter().take(bytes));
        }
        self.md5
            .fill_le_bytes(&self.bytes, bytes)
            .map_err(internal)?;
        for coded in self.coder.code_all(self.blocks, samples)? {
            out.write_all(&coded)?;
            let size = u32::try_from(coded.len()).map_err(internal)?;
            self.smallest = if self.blocks == 0 {
                size
            } else {
                self.smallest.min(size)
            };
            self.biggest = self.biggest.max(size);
            self.blocks += 1;
        }
        self.frames += (samples.len() / usize::from(self.shape.channels)) as u64;
        Ok(())
    }

    /// Writes the last frames and completes STREAMINFO.
    pub(super) fn finish(mut self, out: &mut dyn WriteSeek) -> Result<()> {
        let rest = std::mem::take(&mut self.held);
        if !rest.is_empty() {
            self.write_frames(out, &rest)?;
        }
        if self.frames != self.shape.frames {
            return Err(internal("fewer samples were written than announced"));
        }
        let end = out.stream_position()?;
        let info = self.stream_info(self.md5.md5_digest());
        // After the mark and the block's own header.
        out.seek(SeekFrom::Start(self.start + 8))?;
        out.write_all(&info)?;
        out.seek(SeekFrom::Start(end))?;
        Ok(())
    }
}

/// Writes one metadata block.
fn block(out: &mut dyn WriteSeek, kind: u8, last: bool, body: &[u8]) -> Result<()> {
    if body.len() > LONGEST_BLOCK {
        return Err(internal("the tags are too big"));
    }
    let size = u32::try_from(body.len()).map_err(internal)?;
    let head = (u32::from(kind) << 24) | (u32::from(last) << 31) | size;
    out.write_all(&head.to_be_bytes())?;
    out.write_all(body)?;
    Ok(())
}
