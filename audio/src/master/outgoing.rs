//! The samples of one file: the shaped sound behind gain and limiter, as a whole or its loudest
//! part, at the sample rate that the file is to have.

use super::level::Level;
use super::store::{BLOCK_FRAMES, Store};
use crate::Result;
use crate::meter::amplitude;
use crate::meter::hops::Hops;
use crate::overview::Overview;
use crate::stage::resample::Resampler;

/// An excerpt is faded in and out over so long, in seconds.
const FADE_IN_SECONDS: f64 = 0.05;
const FADE_OUT_SECONDS: f64 = 1.0;

/// A part of the track, in frames at its own rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) start: u64,
    pub(crate) frames: u64,
}

impl Part {
    /// The loudest part of a track of so many frames, or all of it where that is no longer.
    pub(crate) fn loudest(hops: &Hops, seconds: u32, sample_rate_hz: u32, frames: u64) -> Self {
        let wanted = u64::from(seconds) * u64::from(sample_rate_hz);
        if wanted >= frames {
            return Self { start: 0, frames };
        }
        Self {
            start: hops.loudest(seconds).min(frames - wanted),
            frames: wanted,
        }
    }
}

/// Gives the samples block by block.
pub(crate) struct Outgoing<'a> {
    audio: &'a mut Store,
    level: &'a Level,
    channels: usize,
    part: Part,
    /// Frames of the part that were given to the limiter.
    done: u64,
    /// Lengths of the fades, in frames.
    fades: (u64, u64),
    resampler: Option<Resampler>,
    /// Over the samples at the track's own rate.
    pub(crate) overview: Overview,
    block: Vec<f32>,
}

impl<'a> Outgoing<'a> {
    /// `rates`: the track's own and the file's, in hertz; `overview` is an empty one.
    pub(crate) fn new(
        audio: &'a mut Store,
        level: &'a Level,
        channels: usize,
        (part, frames): (Part, u64),
        (own_hz, wanted_hz): (u32, u32),
        overview: Overview,
    ) -> Result<Self> {
        audio.seek(part.start * channels as u64)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a second or less"
        )]
        let frames_of = |seconds: f64| (seconds * f64::from(own_hz)) as u64;
        let is_whole = part.frames == frames;
        Ok(Self {
            audio,
            level,
            channels,
            part,
            done: 0,
            fades: if is_whole {
                (0, 0)
            } else {
                (frames_of(FADE_IN_SECONDS), frames_of(FADE_OUT_SECONDS))
            },
            resampler: (own_hz != wanted_hz)
                .then(|| Resampler::new(own_hz, wanted_hz, channels))
                .transpose()?,
            overview,
            block: Vec::new(),
        })
    }

    /// Frames that the file will have.
    pub(crate) fn frames(&self) -> u64 {
        let resampler = self.resampler.as_ref();
        resampler.map_or(self.part.frames, |it| it.frames_after(self.part.frames))
    }

    /// How far it is, 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        self.done as f64 / self.part.frames.max(1) as f64
    }

    /// Replaces the buffer by the next samples, interleaved; empty at the end only.
    pub(crate) fn next_block(&mut self, samples: &mut Vec<f32>) -> Result<()> {
        samples.clear();
        while samples.is_empty() && self.done < self.part.frames {
            let left = usize::try_from(self.part.frames - self.done).unwrap_or(usize::MAX);
            let most = BLOCK_FRAMES.min(left);
            self.audio.read(most * self.channels, &mut self.block)?;
            let frame = self.part.start + self.done;
            let gain = amplitude(self.level.gain_db);
            let limiter = &self.level.limiter;
            limiter.apply(&mut self.block, self.channels, frame, gain);
            self.fade();
            self.overview.push(&self.block);
            self.done += most as u64;
            match &mut self.resampler {
                None => std::mem::swap(samples, &mut self.block),
                Some(resampler) => {
                    resampler.push(&self.block, samples)?;
                    if self.done == self.part.frames {
                        resampler.finish(samples)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn fade(&mut self) {
        let (fade_in, fade_out) = self.fades;
        let end = self.part.frames;
        for (frame, samples) in (self.done..).zip(self.block.chunks_exact_mut(self.channels)) {
            let (since, until) = (frame, end - 1 - frame);
            if since >= fade_in && until >= fade_out {
                continue;
            }
            let share = |at: u64, of: u64| (at as f64 / of.max(1) as f64).min(1.0);
            let rising = share(since, fade_in).min(1.0) * share(until, fade_out);
            #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
            let gain = (std::f64::consts::FRAC_PI_2 * rising).sin() as f32;
            for sample in samples {
                *sample *= gain;
            }
        }
    }
}
