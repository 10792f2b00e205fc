//! FLAC: `flacenc` codes each frame; the stream around the frames is written here, so that
//! memory holds one frame and not the whole track.

use std::io::SeekFrom;

use flacenc::bitsink::ByteSink;
use flacenc::component::{
    BitRepr, ChannelAssignment, Frame, FrameHeader, FrameOffset, StreamInfo, Verbatim,
};
use flacenc::config;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Context, Fill, FrameBuf};

use super::{Samples, Shape, flac_header, vorbis_comment};
use crate::decode::Tags;
use crate::{AudioError, Result, WriteSeek};

/// Sample frames of one FLAC frame.
const BLOCK_FRAMES: usize = BLOCK_FRAMES_FIELD as usize;
const BLOCK_FRAMES_FIELD: u16 = 4_096;
/// `flacenc` refuses higher rates: such frames are coded at this one and their headers amended.
const HIGHEST_NATIVE_RATE_HZ: u32 = 96_000;
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
    config: Verified<config::Encoder>,
    /// The simple predictors only.
    simple: Verified<config::Encoder>,
    info: StreamInfo,
    md5: Context,
    held: Vec<i32>,
    bytes: Vec<u8>,
    frames: u64,
    blocks: usize,
    smallest: u32,
    biggest: u32,
}

fn internal(reason: impl std::fmt::Display) -> AudioError {
    AudioError::Internal(format!("FLAC: {reason}"))
}

impl FlacWriter {
    pub(super) fn begin(out: &mut dyn WriteSeek, shape: Shape, tags: &Tags) -> Result<Self> {
        if shape.sample_rate_hz > HIGHEST_RATE_HZ || shape.channels > 8 {
            return Err(AudioError::InvalidSettings(
                "FLAC cannot hold this sample rate or number of channels".to_owned(),
            ));
        }
        let verified =
            |config: config::Encoder| config.into_verified().map_err(|(_, error)| internal(error));
        let mut simple = config::Encoder::default();
        simple.subframe_coding.use_lpc = false;
        let bits = usize::from(shape.bits.bytes()) * 8;
        let rate = shape.sample_rate_hz.min(HIGHEST_NATIVE_RATE_HZ) as usize;
        let info = StreamInfo::new(rate, usize::from(shape.channels), bits).map_err(internal)?;
        let writer = Self {
            shape,
            start: out.stream_position()?,
            config: verified(config::Encoder::default())?,
            simple: verified(simple)?,
            info,
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
        let whole = BLOCK_FRAMES * usize::from(self.shape.channels);
        while self.held.len() >= whole {
            let rest = self.held.split_off(whole);
            let block = std::mem::replace(&mut self.held, rest);
            self.write_block(out, &block)?;
        }
        Ok(())
    }

    fn write_block(&mut self, out: &mut dyn WriteSeek, samples: &[i32]) -> Result<()> {
        let channels = usize::from(self.shape.channels);
        let bytes = usize::from(self.shape.bits.bytes());
        self.bytes.clear();
        for sample in samples {
            self.bytes
                .extend(sample.to_le_bytes().into_iter().take(bytes));
        }
        self.md5
            .fill_le_bytes(&self.bytes, bytes)
            .map_err(internal)?;
        let mut buffer = FrameBuf::with_size(channels, BLOCK_FRAMES).map_err(internal)?;
        buffer.fill_interleaved(samples).map_err(internal)?;
        let frame = self.smallest_frame(samples, &buffer)?;
        let mut sink = ByteSink::with_capacity(frame.count_bits());
        frame.write(&mut sink).map_err(internal)?;
        let mut coded = sink.into_inner();
        if self.shape.sample_rate_hz > HIGHEST_NATIVE_RATE_HZ {
            flac_header::restate_rate(&mut coded, self.shape.sample_rate_hz)
                .ok_or_else(|| internal("an unexpected frame header"))?;
        }
        out.write_all(&coded)?;
        let size = u32::try_from(coded.len()).map_err(internal)?;
        self.smallest = if self.blocks == 0 {
            size
        } else {
            self.smallest.min(size)
        };
        self.biggest = self.biggest.max(size);
        self.blocks += 1;
        self.frames += (samples.len() / channels) as u64;
        Ok(())
    }

    /// Codes one frame. `flacenc` may end up far beyond the plain samples when they are loud and
    /// of 24 bits (its Rice parameters stop at 14, and long predictors overflow): then the
    /// simple predictors are tried, and plain samples are the last resort.
    fn smallest_frame(&self, samples: &[i32], buffer: &FrameBuf) -> Result<Frame> {
        let plain_bits = samples.len() * usize::from(self.shape.bits.bytes()) * 8;
        let code = |config| {
            flacenc::encode_fixed_size_frame(config, buffer, self.blocks, &self.info)
                .map_err(internal)
        };
        let best = code(&self.config)?;
        if best.count_bits() <= plain_bits {
            return Ok(best);
        }
        let simple = code(&self.simple)?;
        if simple.count_bits() <= plain_bits {
            return Ok(simple);
        }
        // The header cannot be made for a last frame of a few samples; that one stays small.
        Ok(self.plain_frame(samples).unwrap_or(simple))
    }

    fn plain_frame(&self, samples: &[i32]) -> Option<Frame> {
        let channels = usize::from(self.shape.channels);
        let bits = usize::from(self.shape.bits.bytes()) * 8;
        let header = FrameHeader::new(
            samples.len() / channels,
            ChannelAssignment::Independent(u8::try_from(channels).ok()?),
            bits,
            self.info.sample_rate(),
            FrameOffset::Frame(u32::try_from(self.blocks).ok()?),
        )
        .ok()?;
        let subframes: Option<Vec<_>> = (0..channels)
            .map(|channel| {
                let plane: Vec<i32> = samples
                    .iter()
                    .skip(channel)
                    .step_by(channels)
                    .copied()
                    .collect();
                Verbatim::new(&plane, bits).ok().map(Into::into)
            })
            .collect();
        Frame::new(header, subframes?.into_iter()).ok()
    }

    /// Writes the last, shorter frame and completes STREAMINFO.
    pub(super) fn finish(mut self, out: &mut dyn WriteSeek) -> Result<()> {
        let rest = std::mem::take(&mut self.held);
        if !rest.is_empty() {
            self.write_block(out, &rest)?;
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
