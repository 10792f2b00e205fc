//! Gain and limiter over the whole track, as one pass that can be repeated with another gain.

use super::report::GainReduction;
use super::store::{BLOCK_FRAMES, Store};
use crate::control::Progress;
use crate::stage::detector::Detector;
use crate::stage::limiter::Limiter;
use crate::{Result, Scratch};

/// The shaped audio with its true-peak envelope.
pub(crate) struct Limiting {
    audio: Store,
    /// Absent when no gain that may come up needs a limiter.
    envelope: Option<Store>,
    pub(crate) sample_rate_hz: u32,
    pub(crate) channels: usize,
    frames: u64,
}

/// How deep the limiter went, frame by frame, in steps of a twentieth of a decibel.
#[derive(Debug, Clone)]
pub(crate) struct Reductions {
    steps: Vec<u64>,
    sum_db: f64,
    most: f64,
    frames: u64,
}

const STEPS_PER_DB: f64 = 20.0;
const MOST_STEPS: usize = 800;
/// Reductions below this do not count as limiting.
const ACTIVE_DB: f64 = 0.1;

impl Reductions {
    fn new() -> Self {
        Self {
            steps: vec![0; MOST_STEPS],
            sum_db: 0.0,
            most: 1.0,
            frames: 0,
        }
    }

    #[inline]
    fn take(&mut self, gain: f64) {
        self.frames += 1;
        if gain < 1.0 {
            self.most = self.most.min(gain);
            let db = -20.0 * gain.max(1e-9).log10();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a positive number of steps, bounded below"
            )]
            let step = ((db * STEPS_PER_DB) as usize).min(MOST_STEPS - 1);
            if let Some(count) = self.steps.get_mut(step) {
                *count += 1;
            }
            if db >= ACTIVE_DB {
                self.sum_db += db;
            }
        }
    }

    fn active_frames(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is 2"
        )]
        let first = (ACTIVE_DB * STEPS_PER_DB).round() as usize;
        self.steps.iter().skip(first).sum()
    }

    /// The reduction that is passed for so many frames only, in decibels.
    pub(crate) fn passed_for(&self, frames: u64) -> f64 {
        let mut count = 0;
        for (step, frames_here) in self.steps.iter().enumerate().rev() {
            count += frames_here;
            if count > frames {
                return (step + 1) as f64 / STEPS_PER_DB;
            }
        }
        0.0
    }

    pub(crate) fn summary(&self) -> GainReduction {
        let active = self.active_frames();
        GainReduction {
            max_db: -20.0 * self.most.max(1e-9).log10() + 0.0,
            mean_db: self.sum_db / active.max(1) as f64,
            active_percent: 100.0 * active as f64 / self.frames.max(1) as f64,
        }
    }
}

impl Limiting {
    /// Measures the envelope. Peaks below `floor` (an amplitude) are left out of it.
    pub(crate) fn prepare(
        mut audio: Store,
        shape: (u32, usize, u64),
        floor: Option<f64>,
        scratch: &mut dyn FnMut() -> std::io::Result<Box<dyn Scratch>>,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        let (sample_rate_hz, channels, frames) = shape;
        let envelope = match floor {
            None => None,
            Some(floor) => {
                let mut envelope = Store::new(scratch()?);
                #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
                let mut detector = Detector::new(channels, floor as f32);
                let mut block = Vec::new();
                let mut values = Vec::new();
                let mut known = 0;
                audio.rewind()?;
                loop {
                    audio.read(BLOCK_FRAMES * channels, &mut block)?;
                    values.clear();
                    if block.is_empty() {
                        let missing = usize::try_from(frames - known).unwrap_or(0);
                        detector.finish(missing, &mut values);
                        envelope.write(&values)?;
                        break;
                    }
                    detector.push(&block, &mut values);
                    known += values.len() as u64;
                    envelope.write(&values)?;
                    progress.at(known as f64 / frames as f64)?;
                }
                Some(envelope)
            }
        };
        Ok(Self {
            audio,
            envelope,
            sample_rate_hz,
            channels,
            frames,
        })
    }

    /// Applies the gain, holds the ceiling (both amplitudes), and hands every block to `take`.
    pub(crate) fn run(
        &mut self,
        gain: f64,
        ceiling: f64,
        progress: &mut Progress<'_>,
        mut take: impl FnMut(&mut Vec<f32>) -> Result<()>,
    ) -> Result<Reductions> {
        let channels = self.channels;
        let mut reductions = Reductions::new();
        let mut block = Vec::new();
        self.audio.rewind()?;
        let mut held = match &mut self.envelope {
            Some(envelope) => {
                let limiter = Limiter::new(self.sample_rate_hz, ceiling, gain);
                Some(Held::begin(envelope, limiter)?)
            }
            None => None,
        };
        let mut done = 0_u64;
        loop {
            self.audio.read(BLOCK_FRAMES * channels, &mut block)?;
            if block.is_empty() {
                return Ok(reductions);
            }
            let frames = block.len() / channels;
            match &mut held {
                None => scale(&mut block, gain),
                Some(held) => {
                    let envelope = held.next(frames)?;
                    for (frame, reduction) in block.chunks_exact_mut(channels).zip(envelope) {
                        reductions.take(reduction);
                        scale(frame, gain * reduction);
                    }
                }
            }
            done += frames as u64;
            take(&mut block)?;
            progress.at(done as f64 / self.frames as f64)?;
        }
    }
}

/// The limiter on its way along the envelope, which it looks ahead in.
struct Held<'a> {
    envelope: &'a mut Store,
    limiter: Limiter,
    values: Vec<f32>,
}

impl<'a> Held<'a> {
    fn begin(envelope: &'a mut Store, mut limiter: Limiter) -> Result<Self> {
        envelope.rewind()?;
        let delay = limiter.delay();
        let mut values = Vec::new();
        // The first gains belong to frames before the track: they are read ahead and dropped.
        envelope.read(delay, &mut values)?;
        values.resize(delay, 0.0);
        for value in &values {
            limiter.push(*value);
        }
        Ok(Self {
            envelope,
            limiter,
            values,
        })
    }

    /// The gains of the next frames.
    fn next(&mut self, frames: usize) -> Result<impl Iterator<Item = f64>> {
        self.envelope.read(frames, &mut self.values)?;
        // After the track there is nothing to hold.
        self.values.resize(frames, 0.0);
        let limiter = &mut self.limiter;
        Ok(self.values.iter().map(|value| limiter.push(*value)))
    }
}

#[inline]
fn scale(samples: &mut [f32], factor: f64) {
    for sample in samples {
        *sample = scaled(*sample, factor);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
#[inline]
fn scaled(sample: f32, factor: f64) -> f32 {
    (f64::from(sample) * factor) as f32
}
