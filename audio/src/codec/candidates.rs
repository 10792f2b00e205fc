//! Picks out, as a track goes by, the passages in which a codec could raise the true peak most.
//!
//! Every 50 ms of the track have a peak, estimated from the samples and the points midway
//! between them. The passages around the highest of these are kept, and of all the others only
//! how high they were: memory does not grow with the track.
#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a length that is checked once a hop"
)]
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use std::f64::consts::TAU;
use std::ops::Range;
use std::sync::LazyLock;

use pulp::{Simd, WithSimd};

use crate::kernel::{self, highest_within as highest};
use crate::meter::true_peak::Interpolator;

/// Passages that are kept.
const KEPT: usize = 48;
/// Of every hop the highest peak counts.
const HOP_SECONDS: f64 = 0.05;
/// Interleaved samples that the kernel takes at a time; hops are whole multiples of it.
const CHUNK: usize = 64;
const LANES: usize = 16;
/// The drift is followed in this many steps a hop.
const STEPS: usize = 8;
/// Corner of the high pass that Opus encoders begin with.
const DRIFT_HZ: f64 = 3.0;
/// Levels of the passages that are not kept: steps a decibel, and how far down they matter.
const STEPS_PER_DB: f64 = 8.0;
const DEPTH_DB: f64 = 4.0;
const LEVELS: usize = 1_024;
/// Level of the highest step, dBFS.
const TOP_DB: f64 = 40.0;

const TAPS: usize = 16;
/// A point between two samples is hardly ever higher than this times the highest sample near.
const BETWEEN: f32 = 1.3;
static MIDWAY: LazyLock<Interpolator<2, TAPS>> = LazyLock::new(|| Interpolator::new(5.0));

/// One passage of the track around a high peak.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    /// About the highest magnitude in its middle 50 ms, full scale at 1.
    pub(super) peak: f32,
    /// Interleaved; the peak is in the middle.
    pub(super) samples: Vec<f32>,
    /// What a high pass at 3 Hz takes away at the peak, for each channel.
    pub(super) drift: Vec<f64>,
}

/// The passages of a track that decide its true peak after a codec.
pub struct Candidates {
    pub(super) sample_rate_hz: f64,
    pub(super) channels: usize,
    pub(super) passages: Vec<Passage>,
    /// How many hops peaked at each level.
    levels: Vec<u32>,
    /// Frames on each side of a peak that are kept.
    half: usize,
    hop: usize,
    held: Vec<f32>,
    /// Frame in `held` at which the next hop begins.
    at: usize,
    drift: Vec<f64>,
    steps: [Vec<f64>; STEPS],
}

impl Candidates {
    /// For a sample rate in hertz and a number of interleaved channels (at least one).
    pub fn new(sample_rate_hz: u32, channels: usize) -> Self {
        let rate = f64::from(sample_rate_hz);
        let channels = channels.max(1);
        let half = frame_size(rate);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few thousand frames"
        )]
        let hop = ((rate * HOP_SECONDS / CHUNK as f64).round() as usize).max(1) * CHUNK;
        Self {
            sample_rate_hz: rate,
            channels,
            passages: Vec::with_capacity(KEPT),
            levels: vec![0; LEVELS],
            half,
            hop,
            // The track begins in silence.
            held: vec![0.0; half * channels],
            at: half,
            drift: vec![0.0; channels],
            steps: std::array::from_fn(|_| vec![0.0; channels]),
        }
    }

    /// Takes the next samples, interleaved, of any number of whole frames.
    pub fn push(&mut self, samples: &[f32]) {
        for part in samples.chunks(self.hop * self.channels * STEPS) {
            self.held.extend_from_slice(part);
            while (self.at + self.hop + self.half) * self.channels <= self.held.len() {
                self.look();
                self.at += self.hop;
            }
            // Not at every block: what stays has to be moved.
            if self.at >= self.half + self.hop * STEPS {
                self.held.drain(..(self.at - self.half) * self.channels);
                self.at = self.half;
            }
        }
    }

    /// Ends the track, which fades into silence.
    pub(super) fn finish(&mut self) {
        let silence = vec![0.0; (self.hop + self.half) * self.channels];
        self.push(&silence);
    }

    /// How many hops that are not kept peaked around a level, and that level in decibels
    /// relative to the mean of the kept ones; only the levels that matter.
    pub(super) fn others(&self) -> Vec<(f64, f64)> {
        let kept = self.passages.len().max(1) as f64;
        let mean = self
            .passages
            .iter()
            .map(|passage| f64::from(passage.peak))
            .sum::<f64>()
            / kept;
        let mean_db = 20.0 * mean.max(1e-9).log10();
        let mut to_leave = self.passages.len();
        let mut others = Vec::new();
        for (index, count) in self.levels.iter().enumerate() {
            let relative_db = TOP_DB - (index as f64 + 0.5) / STEPS_PER_DB - mean_db;
            // The kept ones are the highest.
            let left = to_leave.min(*count as usize);
            to_leave -= left;
            let count = *count as usize - left;
            if count > 0 && relative_db > -DEPTH_DB {
                others.push((count as f64, relative_db));
            }
        }
        others
    }

    /// Looks at the hop at `at`.
    fn look(&mut self) {
        let from = self.at * self.channels;
        let to = from + self.hop * self.channels;
        self.follow_drift(from);
        let least = self.least();
        let (held, channels) = (&self.held, self.channels);
        let samples = kernel::highest(&held[from..to]);
        if samples <= 0.0 || !samples.is_finite() {
            return;
        }
        let mut found = (samples, None);
        if samples * BETWEEN > least {
            found = kernel::run(Summit {
                taps: &MIDWAY.phases[1],
                held,
                range: from..to,
                channels,
                worth: samples / BETWEEN,
            });
        }
        self.count(found.0);
        if let (peak, Some(frame)) = found
            && peak > least
        {
            self.keep(peak, frame);
        }
    }

    /// A hop has to be higher than this to be kept.
    fn least(&self) -> f32 {
        if self.passages.len() < KEPT {
            return 0.0;
        }
        self.passages
            .iter()
            .fold(f32::INFINITY, |least, passage| least.min(passage.peak))
    }

    fn keep(&mut self, peak: f32, frame: usize) {
        let range = (frame - self.half) * self.channels..(frame + self.half) * self.channels;
        let step = (frame - self.at) * STEPS / self.hop;
        let passage = Passage {
            peak,
            samples: self.held[range].to_vec(),
            drift: self.steps[step.min(STEPS - 1)].clone(),
        };
        if self.passages.len() < KEPT {
            self.passages.push(passage);
        } else if let Some(lowest) = self
            .passages
            .iter_mut()
            .min_by(|one, other| one.peak.total_cmp(&other.peak))
        {
            *lowest = passage;
        }
    }

    fn count(&mut self, peak: f32) {
        let down = (TOP_DB - 20.0 * f64::from(peak).log10()) * STEPS_PER_DB;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held within the levels"
        )]
        let index = down.clamp(0.0, (LEVELS - 1) as f64) as usize;
        self.levels[index] = self.levels[index].saturating_add(1);
    }

    fn follow_drift(&mut self, from: usize) {
        let frames = self.hop / STEPS;
        let share = 1.0 - (-TAU * DRIFT_HZ * frames as f64 / self.sample_rate_hz).exp();
        let length = frames * self.channels;
        for (index, step) in self.steps.iter_mut().enumerate() {
            let part = &self.held[from + index * length..from + (index + 1) * length];
            let sums = kernel::run(Sums(part));
            for (channel, (drift, step)) in self.drift.iter_mut().zip(step).enumerate() {
                let sum: f32 = if LANES.is_multiple_of(self.channels) {
                    sums.iter().skip(channel).step_by(self.channels).sum()
                } else {
                    part.iter().skip(channel).step_by(self.channels).sum()
                };
                let mean = f64::from(sum) / frames as f64;
                if mean.is_finite() {
                    *drift += (mean - *drift) * share;
                }
                *step = *drift;
            }
        }
    }
}

/// Frames of a codec's long block at about 46 ms, a power of two.
fn frame_size(sample_rate_hz: f64) -> usize {
    let mut size = 2_048_usize;
    while sample_rate_hz / size as f64 > 24.0 && size < 1 << 16 {
        size *= 2;
    }
    size
}

/// Sums of every sixteenth sample: of one channel each where the channels divide sixteen.
struct Sums<'a>(&'a [f32]);

impl WithSimd for Sums<'_> {
    type Output = [f32; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f32; LANES] {
        let mut lanes = [0.0_f32; LANES];
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        for block in blocks {
            for (lane, sample) in lanes.iter_mut().zip(block) {
                *lane += sample;
            }
        }
        for (lane, sample) in lanes.iter_mut().zip(rest) {
            *lane += sample;
        }
        lanes
    }
}

/// The highest magnitude of the samples and the points midway between them, and about the frame
/// at which it is. Stretches whose samples are below `worth` are passed over.
struct Summit<'a> {
    taps: &'a [f32; TAPS],
    held: &'a [f32],
    range: Range<usize>,
    channels: usize,
    worth: f32,
}

impl WithSimd for Summit<'_> {
    type Output = (f32, Option<usize>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f32, Option<usize>) {
        let Self { held, channels, .. } = self;
        let before = (TAPS / 2 - 1) * channels;
        let mut peak = 0.0_f32;
        let mut found = None;
        for start in self.range.step_by(CHUNK) {
            let samples = highest(&held[start..start + CHUNK]);
            if samples < self.worth {
                continue;
            }
            let mut sums = [0.0_f32; CHUNK];
            for (tap, &weight) in self.taps.iter().enumerate() {
                let first = start - before + tap * channels;
                for (sum, &sample) in sums.iter_mut().zip(&held[first..first + CHUNK]) {
                    *sum += weight * sample;
                }
            }
            let here = highest(&sums).max(samples);
            if here > peak {
                peak = here;
                found = Some((start + CHUNK / 2) / channels);
            }
        }
        (peak, found)
    }
}
