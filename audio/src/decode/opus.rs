//! Opus: the packets come from symphonia's demuxers, the decoder is `opus-rs`.

use opus_rs::OpusDecoder;

use crate::meter::amplitude;
use crate::{AudioError, Result};

/// Longest Opus packet: 120 ms at 48 kHz.
const LONGEST_PACKET_FRAMES: usize = 5_760;

/// Opus always decodes at this rate.
pub(super) const SAMPLE_RATE_HZ: u32 = 48_000;

/// An Opus stream of one or two channels.
pub(super) struct OpusStream {
    decoder: OpusDecoder,
    channels: usize,
    pre_skip: u64,
    gain: f32,
    output: Vec<f32>,
}

impl OpusStream {
    /// Opens a stream by its `OpusHead` (RFC 7845, section 5.1), or by an MP4's `dOps` box with
    /// that mark in front; `number` knows the order of their bytes.
    pub(super) fn new(head: &[u8], number: fn([u8; 2]) -> u16) -> Result<Self> {
        let short = || AudioError::Corrupt("the Opus header is too short".to_owned());
        if !head.starts_with(b"OpusHead") {
            return Err(AudioError::Corrupt("the Opus header is missing".to_owned()));
        }
        let channels = usize::from(*head.get(9).ok_or_else(short)?);
        let number = |at: usize| -> Result<u16> {
            head.get(at..at + 2)
                .and_then(|bytes| bytes.try_into().ok())
                .map(number)
                .ok_or_else(short)
        };
        let pre_skip = u64::from(number(10)?);
        let gain_db = f64::from(number(16)?.cast_signed()) / 256.0;
        if !(1..=2).contains(&channels) {
            return Err(AudioError::UnsupportedFormat(format!(
                "Opus with {channels} channels"
            )));
        }
        let decoder = OpusDecoder::new(48_000, channels)
            .map_err(|reason| AudioError::Corrupt(format!("Opus: {reason}")))?;
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        let gain = amplitude(gain_db) as f32;
        Ok(Self {
            decoder,
            channels,
            pre_skip,
            gain,
            output: vec![0.0; LONGEST_PACKET_FRAMES * channels],
        })
    }

    /// Sample frames that the encoder put in front, for the caller to drop.
    pub(super) fn pre_skip(&self) -> u64 {
        self.pre_skip
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Decodes one packet into the buffer, without the given number of frames at its end.
    pub(super) fn decode(
        &mut self,
        packet: &[u8],
        trimmed_frames: u64,
        samples: &mut Vec<f32>,
    ) -> Result<()> {
        samples.clear();
        let frames = packet_frames(packet)?;
        let room = self.output.get_mut(..frames * self.channels);
        let output =
            room.ok_or_else(|| AudioError::Corrupt("an Opus packet is too long".into()))?;
        let frames = self
            .decoder
            .decode(packet, frames, output)
            .map_err(|reason| AudioError::Corrupt(format!("Opus: {reason}")))?;
        let trimmed = usize::try_from(trimmed_frames).unwrap_or(usize::MAX);
        let end = frames.saturating_sub(trimmed) * self.channels;
        let decoded = self.output.get(..end).unwrap_or_default();
        samples.extend(decoded.iter().map(|sample| sample * self.gain));
        Ok(())
    }
}

/// Length of a packet in sample frames at 48 kHz, from its first bytes (RFC 6716, section 3.1).
fn packet_frames(packet: &[u8]) -> Result<usize> {
    let empty = || AudioError::Corrupt("an Opus packet is empty".to_owned());
    let toc = *packet.first().ok_or_else(empty)?;
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880].get(usize::from(config % 4)),
        config @ 12..=15 => [480, 960].get(usize::from(config % 2)),
        config => [120, 240, 480, 960].get(usize::from(config % 4)),
    };
    let frame = frame.copied().unwrap_or(960);
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(packet.get(1).ok_or_else(empty)? & 0x3f),
    };
    let frames = frame * count;
    if frames == 0 || frames > LONGEST_PACKET_FRAMES {
        return Err(AudioError::Corrupt(
            "an Opus packet has an impossible length".to_owned(),
        ));
    }
    Ok(frames)
}
