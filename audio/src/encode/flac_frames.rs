//! FLAC frames: `flacenc` codes each by itself, so they are coded on all cores and come out the same
//! as on one.

use std::num::NonZero;
use std::thread::{self, Builder};

use flacenc::bitsink::ByteSink;
use flacenc::component::{
    BitRepr, ChannelAssignment, Frame, FrameHeader, FrameOffset, StreamInfo, Verbatim,
};
use flacenc::config;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Fill, FrameBuf};

use super::flac::internal;
use super::{Shape, flac_header};
use crate::Result;

/// Sample frames of one FLAC frame.
pub(super) const BLOCK_FRAMES: usize = BLOCK_FRAMES_FIELD as usize;
pub(super) const BLOCK_FRAMES_FIELD: u16 = 4_096;
/// `flacenc` refuses higher rates: such frames are coded at this one and their headers amended.
const HIGHEST_NATIVE_RATE_HZ: u32 = 96_000;

/// Codes frames of one stream.
pub(super) struct Coder {
    shape: Shape,
    config: Verified<config::Encoder>,
    /// The simple predictors only.
    simple: Verified<config::Encoder>,
    info: StreamInfo,
}

impl Coder {
    pub(super) fn new(shape: Shape) -> Result<Self> {
        let verified =
            |config: config::Encoder| config.into_verified().map_err(|(_, error)| internal(error));
        let mut simple = config::Encoder::default();
        simple.subframe_coding.use_lpc = false;
        let bits = usize::from(shape.bits.bytes()) * 8;
        let rate = shape.sample_rate_hz.min(HIGHEST_NATIVE_RATE_HZ) as usize;
        Ok(Self {
            shape,
            config: verified(config::Encoder::default())?,
            simple: verified(simple)?,
            info: StreamInfo::new(rate, usize::from(shape.channels), bits).map_err(internal)?,
        })
    }

    /// Codes frames, of which the first has this number in the stream; only the last may be shorter
    /// than the others.
    pub(super) fn code_all(&self, first: usize, samples: &[i32]) -> Result<Vec<Vec<u8>>> {
        let frames: Vec<_> = samples
            .chunks(BLOCK_FRAMES * usize::from(self.shape.channels))
            .enumerate()
            .collect();
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = frames.len().div_ceil(cores).max(1);
        thread::scope(|scope| {
            let parts = frames.chunks(share).map(|part| {
                move || -> Result<Vec<_>> {
                    let coded = part.iter().map(|(at, frame)| self.code(first + at, frame));
                    coded.collect()
                }
            });
            // Where no thread can be had, this one does the work.
            let started: Vec<_> = parts
                .map(|part| (part, Builder::new().spawn_scoped(scope, part)))
                .collect();
            let mut all = Vec::with_capacity(frames.len());
            for (part, thread) in started {
                let coded = match thread {
                    Ok(thread) => thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    Err(_) => part(),
                };
                all.extend(coded?);
            }
            Ok(all)
        })
    }

    fn code(&self, number: usize, samples: &[i32]) -> Result<Vec<u8>> {
        let channels = usize::from(self.shape.channels);
        let mut buffer = FrameBuf::with_size(channels, BLOCK_FRAMES).map_err(internal)?;
        buffer.fill_interleaved(samples).map_err(internal)?;
        let frame = self.smallest(number, samples, &buffer)?;
        let mut sink = ByteSink::with_capacity(frame.count_bits());
        frame.write(&mut sink).map_err(internal)?;
        let mut coded = sink.into_inner();
        if self.shape.sample_rate_hz > HIGHEST_NATIVE_RATE_HZ {
            flac_header::restate_rate(&mut coded, self.shape.sample_rate_hz)
                .ok_or_else(|| internal("an unexpected frame header"))?;
        }
        Ok(coded)
    }

    /// `flacenc` may end up far beyond the plain samples when they are loud and of 24 bits (its Rice
    /// parameters stop at 14, and long predictors overflow): then the simple predictors are tried,
    /// and plain samples are the last resort.
    fn smallest(&self, number: usize, samples: &[i32], buffer: &FrameBuf) -> Result<Frame> {
        let plain_bits = samples.len() * usize::from(self.shape.bits.bytes()) * 8;
        let code = |config| {
            flacenc::encode_fixed_size_frame(config, buffer, number, &self.info).map_err(internal)
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
        Ok(self.plain(number, samples).unwrap_or(simple))
    }

    fn plain(&self, number: usize, samples: &[i32]) -> Option<Frame> {
        let channels = usize::from(self.shape.channels);
        let bits = usize::from(self.shape.bits.bytes()) * 8;
        let header = FrameHeader::new(
            samples.len() / channels,
            ChannelAssignment::Independent(u8::try_from(channels).ok()?),
            bits,
            self.info.sample_rate(),
            FrameOffset::Frame(u32::try_from(number).ok()?),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master::{Bits, Format};

    #[test]
    fn frames_that_are_coded_together_are_those_that_are_coded_one_by_one() {
        let coder = Coder::new(Shape {
            format: Format::Flac,
            sample_rate_hz: 48_000,
            channels: 2,
            bits: Bits::B24,
            frames: 0,
        })
        .unwrap();
        let mut state = 7_u32;
        let samples: Vec<i32> = (0..2 * (6 * BLOCK_FRAMES + 100))
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.cast_signed() >> 14
            })
            .collect();
        let together = coder.code_all(3, &samples).unwrap();
        let alone: Vec<_> = samples
            .chunks(2 * BLOCK_FRAMES)
            .enumerate()
            .map(|(at, frame)| coder.code(3 + at, frame).unwrap())
            .collect();
        assert_eq!(together, alone);
        assert_eq!(together.len(), 7);
    }
}
