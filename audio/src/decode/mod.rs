//! Opening a track of any format and reading it as blocks of samples.

mod chunks;
mod demux;
mod downmix;
mod encoding;
mod input;
mod mp4;
mod mp4_runs;
mod ogg;
mod opus;
mod pcm;
mod place;
mod shield;
mod sniff;
mod speaker;
mod stream;
mod tags;
mod vorbis;
mod wave;
mod wave_format;
mod wave_tags;

pub use downmix::{Downmix, Share};
pub use place::Place;
pub use tags::{Picture, PictureKind, Tags};

use crate::{AudioError, Limits, ReadSeek, Result};
use input::Input;
use serde::{Deserialize, Serialize};
use speaker::Speaker;

/// Loudest sample taken as meant, +120 dBFS: beyond it lies damage, not music.
const LOUDEST_SAMPLE: f32 = 1.0e6;
/// Softest sample taken as meant, -300 dBFS: no converter comes near it, and a minute of denormal
/// numbers would cost the filters as much time as hours of music.
const SOFTEST_SAMPLE: f32 = 1.0e-15;

/// What the header and the first packet say about a track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Container: `wav`, `flac`, `ogg`, `mp3`, `mp4` …
    pub format: String,
    /// Codec: `pcm_s16le`, `flac`, `vorbis`, `mp3`, `aac`, `opus` …
    pub codec: String,
    /// Sample rate in hertz.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u16,
    /// Bits of a sample, where the codec has any.
    pub bits: Option<u32>,
    /// Length in sample frames, if the container states it.
    pub frames: Option<u64>,
}

/// An open track: its header is read and its first packet decoded.
pub struct Source {
    input: Input,
    info: SourceInfo,
    tags: Tags,
    speakers: Vec<Speaker>,
    places: Vec<Place>,
    downmix: Option<Downmix>,
    most_frames: u64,
    limits: Limits,
    delivered: u64,
    replaced: u64,
    /// The block decoded while opening, and whether the track is read to its end.
    first: Option<Vec<f32>>,
    ended: bool,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("info", &self.info)
            .field("delivered", &self.delivered)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Recognises the content by its bytes and decodes the first packet. The hint is the
    /// file's extension; it only breaks ties and is never trusted.
    pub fn open(
        bytes: Box<dyn ReadSeek>,
        extension_hint: Option<&str>,
        limits: &Limits,
    ) -> Result<Self> {
        shield::guarded(|| Self::open_unguarded(bytes, extension_hint, limits))
    }

    fn open_unguarded(
        mut bytes: Box<dyn ReadSeek>,
        extension_hint: Option<&str>,
        limits: &Limits,
    ) -> Result<Self> {
        let container = stream::Facts::read(&mut bytes)?;
        let mut input = Input::open(bytes, extension_hint, &container, limits)?;
        let mut first = Vec::new();
        let opened = match input.next_block(&mut first) {
            Ok(true) => input.shape().ok_or(AudioError::Empty),
            Ok(false) => Err(match input.declared_frames() {
                Some(declared) if declared > 0 => AudioError::Truncated {
                    declared: Some(declared),
                    decoded: 0,
                },
                _ => AudioError::Empty,
            }),
            Err(error) => Err(error),
        };
        let shape = opened.map_err(|error| match error {
            // MPEG audio has no header: any text may look like it, until it must decode.
            AudioError::Empty | AudioError::Corrupt(_) | AudioError::Truncated { .. }
                if !container.recognised =>
            {
                AudioError::NotAudio
            }
            other => other,
        })?;
        let info = SourceInfo {
            format: input.format_name(),
            codec: input.codec_name(),
            sample_rate_hz: shape.sample_rate_hz,
            channels: shape.channels,
            bits: input.bits(),
            frames: input.declared_frames(),
        };
        let speakers = input.speakers(usize::from(info.channels));
        let tags = input.tags(limits);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive count of frames, saturating"
        )]
        let most_frames =
            (limits.max_duration_seconds * f64::from(info.sample_rate_hz)).max(0.0) as u64;
        if info.frames.is_some_and(|frames| frames > most_frames) {
            return Err(AudioError::TooLong {
                limit_seconds: limits.max_duration_seconds,
            });
        }
        Ok(Self {
            input,
            info,
            tags,
            places: Speaker::places(&speakers),
            speakers,
            downmix: None,
            most_frames,
            limits: *limits,
            delivered: 0,
            replaced: 0,
            first: Some(first),
            ended: false,
        })
    }

    /// What is known about the track.
    pub fn info(&self) -> &SourceInfo {
        &self.info
    }

    /// The same track in stereo: one of more than two channels is mixed down as
    /// [`Downmix`] tells, and mono and stereo pass untouched.
    ///
    /// # Errors
    /// [`AudioError::TooManyChannels`] for a layout that has no such rule: without a left and a
    /// right channel in front, or with loudspeakers overhead or of no known place.
    pub fn into_stereo(mut self) -> Result<Self> {
        if self.info.channels > 2 {
            let downmix = Downmix::of(&self.speakers).ok_or(AudioError::TooManyChannels {
                channels: self.info.channels,
                limit: 2,
            })?;
            self.downmix = Some(downmix);
            self.info.channels = 2;
            self.places = vec![Place::Front; 2];
        }
        Ok(self)
    }

    /// How the track is mixed down to stereo, where it is.
    pub fn downmix(&self) -> Option<&Downmix> {
        self.downmix.as_ref()
    }

    /// Text tags and pictures, when nothing else is wanted of the track any more.
    pub fn into_tags(self) -> Tags {
        self.tags
    }

    /// Where each channel's loudspeaker stands, in the order of the samples.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Samples so far that were not a number, infinite or beyond +120 dBFS, and were replaced.
    pub fn replaced_samples(&self) -> u64 {
        self.replaced
    }

    /// Damaged packets of a lossy codec so far that were left out.
    pub fn skipped_packets(&self) -> u64 {
        self.input.skipped_packets()
    }

    /// Replaces the buffer's content by the next block, interleaved, and returns its length in
    /// sample frames; `None` when the track has ended as it should. A block is one packet of
    /// the codec, so it may be short or long.
    ///
    /// # Errors
    /// [`AudioError::Truncated`] at the end of a track that promised more,
    /// [`AudioError::Corrupt`] for damage, [`AudioError::TooLong`] past the limit.
    pub fn next_block(&mut self, samples: &mut Vec<f32>) -> Result<Option<usize>> {
        if self.ended {
            samples.clear();
            return Ok(None);
        }
        let outcome = shield::guarded(|| self.fill(samples));
        match outcome {
            Ok(true) => {}
            Ok(false) => {
                samples.clear();
                self.ended = true;
                self.input.check_end(self.delivered)?;
                if self.delivered == 0 {
                    return Err(AudioError::Empty);
                }
                return Ok(None);
            }
            Err(error) => {
                // Whatever state a failed decoder is in, it is not used again.
                samples.clear();
                self.ended = true;
                return Err(error);
            }
        }
        let frames = samples.len() / self.speakers.len().max(1);
        self.delivered += frames as u64;
        if self.delivered > self.most_frames {
            self.ended = true;
            return Err(AudioError::TooLong {
                limit_seconds: self.limits.max_duration_seconds,
            });
        }
        if self.input.is_float() {
            soften(samples);
            self.replaced += sanitise(samples);
        }
        if let Some(downmix) = &self.downmix {
            downmix.apply(samples);
        }
        Ok(Some(frames))
    }

    /// False at the end of the track.
    fn fill(&mut self, samples: &mut Vec<f32>) -> Result<bool> {
        if let Some(first) = self.first.take()
            && !first.is_empty()
        {
            *samples = first;
            return Ok(true);
        }
        loop {
            if !self.input.next_block(samples)? {
                return Ok(false);
            }
            if !samples.is_empty() {
                return Ok(true);
            }
        }
    }
}

/// Makes what nobody can hear silence. What is no number stays, and is not compared as smaller.
fn soften(samples: &mut [f32]) {
    for sample in samples {
        *sample = if sample.abs() < SOFTEST_SAMPLE {
            0.0
        } else {
            *sample
        };
    }
}

/// Replaces what is not a sample and returns how many there were.
fn sanitise(samples: &mut [f32]) -> u64 {
    // The common case is one pass without a branch in it; comparisons with NaN are false.
    if samples.iter().all(|sample| sample.abs() <= LOUDEST_SAMPLE) {
        return 0;
    }
    let mut replaced = 0;
    for sample in samples {
        if sample.is_nan() || sample.is_infinite() {
            *sample = 0.0;
            replaced += 1;
        } else if sample.abs() > LOUDEST_SAMPLE {
            *sample = sample.clamp(-LOUDEST_SAMPLE, LOUDEST_SAMPLE);
            replaced += 1;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::soften;

    #[test]
    fn denormal_samples_become_silence_and_all_others_stay() {
        let mut samples = [f32::from_bits(1), -1.0e-41, 1.0e-14, -0.5, f32::INFINITY];
        soften(&mut samples);
        let bits = |samples: &[f32]| samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
        assert_eq!(
            bits(&samples),
            bits(&[0.0, 0.0, 1.0e-14, -0.5, f32::INFINITY])
        );
    }
}
