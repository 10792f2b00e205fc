//! The two ways into a file: uncompressed samples are read as they lie there, everything else
//! goes through a demuxer and a decoder.

use super::demux::{Demuxed, Shape, check_shape};
use super::pcm::Pcm;
use super::speaker::Speaker;
use super::stream::Facts;
use super::tags::Tags;
use super::wave_tags;
use crate::{AudioError, Limits, ReadSeek, Result};

pub(super) enum Input {
    Pcm(Box<Pcm>, Tags),
    Coded(Box<Demuxed>),
}

impl Input {
    /// Opens what the facts were read of.
    pub(super) fn open(
        mut bytes: Box<dyn ReadSeek>,
        extension_hint: Option<&str>,
        facts: &Facts,
        limits: &Limits,
    ) -> Result<Self> {
        if let Some(layout) = &facts.wave.pcm {
            let (rate, channels) = (layout.sample_rate_hz, layout.channels());
            check_shape(Some(rate), Some(channels), limits)?;
            let tags = wave_tags::read(&mut bytes, &facts.wave.tags, limits)?;
            let pcm = Pcm::open(bytes, layout.clone())?;
            return Ok(Self::Pcm(Box::new(pcm), tags));
        }
        let mut demuxed = Demuxed::open(bytes, extension_hint, facts, limits)?;
        if let Some(layout) = demuxed.layout() {
            let tags = demuxed.tags(limits);
            return Ok(Self::Pcm(Box::new(demuxed.into_pcm(layout)?), tags));
        }
        Ok(Self::Coded(Box::new(demuxed)))
    }

    /// Replaces the samples by the next block's; false at the end. May yield an empty block.
    pub(super) fn next_block(&mut self, samples: &mut Vec<f32>) -> Result<bool> {
        match self {
            Self::Pcm(pcm, _) => pcm.next_block(samples),
            Self::Coded(demuxed) => demuxed.next_packet(samples),
        }
    }

    /// Whether the end came where the container said it would.
    pub(super) fn check_end(&mut self, decoded: u64) -> Result<()> {
        match self {
            Self::Pcm(pcm, _) => match pcm.layout().frames() {
                declared @ Some(frames) if decoded < frames => {
                    Err(AudioError::Truncated { declared, decoded })
                }
                _ => Ok(()),
            },
            Self::Coded(demuxed) => demuxed.check_end(decoded),
        }
    }

    /// Sample rate and channels, once a block is read.
    pub(super) fn shape(&self) -> Option<Shape> {
        match self {
            Self::Pcm(pcm, _) => Some(Shape {
                sample_rate_hz: pcm.layout().sample_rate_hz,
                channels: u16::try_from(pcm.layout().channels()).unwrap_or(u16::MAX),
            }),
            Self::Coded(demuxed) => demuxed.shape(),
        }
    }

    /// Whether a sample may be no number, or beyond full scale, or denormal.
    pub(super) fn is_float(&self) -> bool {
        match self {
            Self::Pcm(pcm, _) => pcm.layout().encoding.is_float(),
            Self::Coded(_) => true,
        }
    }

    pub(super) fn speakers(&self, channels: usize) -> Vec<Speaker> {
        match self {
            Self::Pcm(pcm, _) => pcm.layout().speakers.clone(),
            Self::Coded(demuxed) => demuxed.speakers(channels),
        }
    }

    pub(super) fn declared_frames(&self) -> Option<u64> {
        match self {
            Self::Pcm(pcm, _) => pcm.layout().frames(),
            Self::Coded(demuxed) => demuxed.declared_frames(),
        }
    }

    pub(super) fn bits(&self) -> Option<u32> {
        match self {
            Self::Pcm(pcm, _) => pcm.layout().bits,
            Self::Coded(demuxed) => demuxed.bits(),
        }
    }

    pub(super) fn format_name(&self) -> String {
        match self {
            Self::Pcm(pcm, _) => pcm.layout().format.to_owned(),
            Self::Coded(demuxed) => demuxed.format_name(),
        }
    }

    pub(super) fn codec_name(&self) -> String {
        match self {
            Self::Pcm(pcm, _) => pcm.layout().encoding.name().to_owned(),
            Self::Coded(demuxed) => demuxed.codec_name(),
        }
    }

    pub(super) fn tags(&mut self, limits: &Limits) -> Tags {
        match self {
            Self::Pcm(_, tags) => std::mem::take(tags),
            Self::Coded(demuxed) => demuxed.tags(limits),
        }
    }

    /// Damaged packets of a lossy codec so far that were left out.
    pub(super) fn skipped_packets(&self) -> u64 {
        match self {
            Self::Pcm(..) => 0,
            Self::Coded(demuxed) => demuxed.skipped_packets(),
        }
    }
}
