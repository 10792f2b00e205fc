//! Clipped samples: runs that lie flat at a channel's highest or lowest level.
//!
//! A converter or a limiter of samples cuts peaks off at one level, so what is left are flat
//! tops at the very extreme of the channel: at full scale, or lower where the track was turned
//! down afterwards. A smooth peak is flat too when it is slow, but it has no corners: near its
//! top a parabola that stays within a tolerance t for three samples is at most 4 t lower one
//! sample further on. So a run counts only if the sound steps away from it by clearly more.

use serde::{Deserialize, Serialize};

use super::chunk::Chunk;
use super::span::{Span, join};

/// Clipping of one track.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Clipping {
    /// Flat runs of three samples or more, over all channels.
    pub runs: u64,
    /// Samples in those runs.
    pub samples: u64,
    /// Each channel that is clipped.
    pub channels: Vec<ClippedChannel>,
    /// The longest runs, at most 100, in order of time.
    pub worst: Vec<ClippedRun>,
}

/// Clipping of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClippedChannel {
    /// Number of the channel, from 0.
    pub channel: usize,
    /// Flat runs of three samples or more.
    pub runs: u64,
    /// Samples in those runs.
    pub samples: u64,
    /// The level at which it is clipped, in dBFS: the higher one of both polarities.
    pub level_dbfs: f64,
    /// The same of each side.
    #[serde(default)]
    pub cut: Cut,
}

/// Where a channel is cut off, as magnitudes with full scale at 1; `None` for a side that is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Above zero.
    pub above: Option<f32>,
    /// Below zero.
    pub below: Option<f32>,
}

impl Cut {
    /// The clipped runs of a stretch of the channel: index of the first sample and length.
    pub(crate) fn runs(self, samples: &[f32]) -> Vec<(usize, usize)> {
        let side = |level: Option<f32>, sign: f32| {
            let floor = level.map_or(f32::INFINITY, |level| level - TOLERANCE);
            flat(samples, sign, floor)
        };
        let mut runs = side(self.above, 1.0);
        runs.extend(side(self.below, -1.0));
        runs.sort_unstable();
        runs
    }
}

/// Runs at or above a floor that begin or end with a step.
fn flat(samples: &[f32], sign: f32, floor: f32) -> Vec<(usize, usize)> {
    if !floor.is_finite() {
        return Vec::new();
    }
    let mut runs = Vec::new();
    let mut at = 0;
    for run in samples.chunk_by(|one, next| (one * sign >= floor) == (next * sign >= floor)) {
        let (from, to) = (at, at + run.len());
        at = to;
        let is_top = run.first().is_some_and(|sample| sample * sign >= floor);
        if !is_top || (run.len() as u64) < SHORTEST_RUN {
            continue;
        }
        let outside = |index: Option<usize>| index.and_then(|index| samples.get(index)).copied();
        let step = |inside: Option<&f32>, outside: Option<f32>| match (inside, outside) {
            (Some(inside), Some(outside)) => (inside - outside) * sign >= CORNER,
            _ => true,
        };
        if step(run.first(), outside(from.checked_sub(1))) || step(run.last(), outside(Some(to))) {
            runs.push((from, run.len()));
        }
    }
    runs
}

/// One flat run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClippedRun {
    /// Number of the channel, from 0.
    pub channel: usize,
    /// Where it begins, in seconds.
    pub start_seconds: f64,
    /// Length in samples.
    pub samples: u64,
}

impl Clipping {
    /// Where a channel is cut off.
    pub(crate) fn cut(&self, channel: usize) -> Cut {
        let found = self.channels.iter().find(|found| found.channel == channel);
        found.map_or_else(Cut::default, |found| found.cut)
    }

    /// Where the worst runs lie, those less than a second apart together.
    pub fn spans(&self, sample_rate_hz: f64) -> Vec<Span> {
        let mut spans = Vec::new();
        for run in &self.worst {
            let span = Span {
                start_seconds: run.start_seconds,
                end_seconds: run.start_seconds + run.samples as f64 / sample_rate_hz,
            };
            join(&mut spans, span, 1.0);
        }
        spans
    }
}

const SHORTEST_RUN: u64 = 3;
/// Runs that are kept with their place.
const MOST_RUNS: usize = 100;
/// Below full scale so many runs must lie at one level: a few may be chance.
const FEWEST_LOWER_RUNS: u64 = 8;
/// A wave that is flat for so much of its time below full scale is a square wave.
const MOST_FLAT_SHARE: f64 = 0.3;
/// Two steps of 16 bits: a flat top that was turned down and dithered stays within.
const TOLERANCE: f32 = 2.0 / 32_768.0;
/// What a run must step away at one of its ends at least.
const CORNER: f32 = 6.0 * TOLERANCE;
/// Quieter tracks are not looked at: a step of 16 bits is too coarse there.
const QUIETEST: f32 = 0.01;

#[derive(Debug, Clone, Copy)]
struct Run {
    start: u64,
    length: u64,
    /// How far the sound steps up into the run.
    entry: f32,
}

/// The flat tops of one polarity of one channel.
struct Tops {
    /// 1 for the highest samples, -1 for the lowest.
    sign: f32,
    extreme: f32,
    runs: u64,
    samples: u64,
    kept: Vec<Run>,
    open: Option<Run>,
    previous: f32,
}

impl Tops {
    fn new(sign: f32) -> Self {
        Self {
            sign,
            extreme: 0.0,
            runs: 0,
            samples: 0,
            kept: Vec::new(),
            open: None,
            // Before the track is nothing to step away from.
            previous: f32::NAN,
        }
    }

    fn push(&mut self, start: u64, samples: &[f32], highest: f32, corner: f32) {
        if highest > self.extreme {
            if highest > self.extreme + TOLERANCE {
                self.runs = 0;
                self.samples = 0;
                self.kept.clear();
                self.open = None;
            }
            self.extreme = highest;
        }
        let floor = (self.extreme - TOLERANCE).max(QUIETEST);
        if highest >= floor || self.open.is_some() {
            for (at, sample) in (start..).zip(samples) {
                self.step(at, sample * self.sign, floor, corner);
            }
        }
        if let Some(last) = samples.last() {
            self.previous = last * self.sign;
        }
    }

    fn step(&mut self, at: u64, value: f32, floor: f32, corner: f32) {
        if value >= floor {
            let entry = value - self.previous;
            let fresh = Run {
                start: at,
                length: 0,
                entry,
            };
            self.open.get_or_insert(fresh).length += 1;
        } else if let Some(run) = self.open.take() {
            self.close(run, self.previous - value, corner);
        }
        self.previous = value;
    }

    fn close(&mut self, run: Run, exit: f32, corner: f32) {
        if run.length < SHORTEST_RUN
            || (exit < corner && (run.entry.is_nan() || run.entry < corner))
        {
            return;
        }
        self.runs += 1;
        self.samples += run.length;
        self.kept.push(run);
        if self.kept.len() >= MOST_RUNS * 2 {
            longest_first(&mut self.kept);
        }
    }
}

fn longest_first(runs: &mut Vec<Run>) {
    runs.sort_by_key(|run| (std::cmp::Reverse(run.length), run.start));
    runs.truncate(MOST_RUNS);
}

/// Finds clipping as chunks go by.
pub(crate) struct ClippingMeter {
    channels: Vec<[Tops; 2]>,
    /// The smallest step between samples that was seen: one step of the quantiser, or less
    /// than is worth knowing.
    quantum: f32,
    frames: u64,
}

impl ClippingMeter {
    pub(crate) fn new(channels: usize) -> Self {
        Self {
            channels: (0..channels)
                .map(|_| [Tops::new(1.0), Tops::new(-1.0)])
                .collect(),
            quantum: f32::MAX,
            frames: 0,
        }
    }

    pub(crate) fn push(&mut self, chunk: &Chunk<'_>) {
        self.frames = chunk.end();
        for (channel, (tops, levels)) in self.channels.iter_mut().zip(chunk.levels).enumerate() {
            let samples = chunk.samples(channel);
            if self.quantum > TOLERANCE {
                self.quantum = smallest_step(samples, self.quantum);
            }
            // With 8 bits a smooth top steps away by several steps of the quantiser.
            let corner = if self.quantum < 1.0 {
                CORNER.max(5.0 * self.quantum)
            } else {
                CORNER
            };
            let [high, low] = tops;
            high.push(chunk.start, samples, levels.highest, corner);
            low.push(chunk.start, samples, -levels.lowest, corner);
        }
    }

    pub(crate) fn finish(self, sample_rate_hz: f64) -> Clipping {
        let mut clipping = Clipping {
            runs: 0,
            samples: 0,
            channels: Vec::new(),
            worst: Vec::new(),
        };
        let quantum = if self.quantum < 1.0 {
            self.quantum
        } else {
            0.0
        };
        let full_scale = 1.0 - TOLERANCE.max(1.5 * quantum);
        let mut worst = Vec::new();
        for (channel, tops) in self.channels.into_iter().enumerate() {
            let mut found = ClippedChannel {
                channel,
                runs: 0,
                samples: 0,
                level_dbfs: f64::NEG_INFINITY,
                cut: Cut::default(),
            };
            for mut tops in tops {
                let lower = tops.extreme < full_scale;
                let share = tops.samples as f64 / self.frames.max(1) as f64;
                if tops.runs == 0
                    || lower && (tops.runs < FEWEST_LOWER_RUNS || share > MOST_FLAT_SHARE)
                {
                    continue;
                }
                found.runs += tops.runs;
                found.samples += tops.samples;
                let level = 20.0 * f64::from(tops.extreme).log10();
                found.level_dbfs = found.level_dbfs.max(level);
                if tops.sign > 0.0 {
                    found.cut.above = Some(tops.extreme);
                } else {
                    found.cut.below = Some(tops.extreme);
                }
                longest_first(&mut tops.kept);
                worst.extend(tops.kept.into_iter().map(|run| (channel, run)));
            }
            if found.runs > 0 {
                clipping.runs += found.runs;
                clipping.samples += found.samples;
                clipping.channels.push(found);
            }
        }
        worst.sort_by_key(|(channel, run)| (std::cmp::Reverse(run.length), run.start, *channel));
        worst.truncate(MOST_RUNS);
        worst.sort_by_key(|(channel, run)| (run.start, *channel));
        clipping.worst = worst
            .into_iter()
            .map(|(channel, run)| ClippedRun {
                channel,
                start_seconds: run.start as f64 / sample_rate_hz,
                samples: run.length,
            })
            .collect();
        clipping
    }
}

/// The smallest difference between neighbours that is not zero.
fn smallest_step(samples: &[f32], mut smallest: f32) -> f32 {
    for (one, next) in samples.iter().zip(samples.iter().skip(1)) {
        let step = (next - one).abs();
        if step > 0.0 && step < smallest {
            smallest = step;
        }
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Chunks;
    use super::super::signals::{noise, quantised, sine, white};
    use super::*;

    fn clipping(planes: &[Vec<f32>]) -> Clipping {
        let mut meter = ClippingMeter::new(planes.len());
        Chunks::new().each(planes, |chunk| meter.push(chunk));
        meter.finish(44_100.0)
    }

    fn clip(plane: &[f32], at: f32) -> Vec<f32> {
        plane.iter().map(|x| x.clamp(-at, at)).collect()
    }

    #[test]
    fn sines_of_any_pitch_and_depth_are_not_clipped() {
        for hz in [5.0, 20.0, 50.0, 441.0, 997.0, 5_000.0, 11_025.0] {
            for bits in [8, 16, 24] {
                for level in [0.98, 0.5] {
                    let plane = quantised(&sine(44_100, 2.0, hz, level), bits);
                    let found = clipping(&[plane]);
                    assert_eq!(found.runs, 0, "{hz} Hz, {bits} bits, {level}");
                }
            }
        }
    }

    #[test]
    fn a_sine_over_full_scale_is_clipped_twice_a_period() {
        let loud = quantised(&clip(&sine(44_100, 1.0, 100.0, 1.5), 1.0), 16);
        let found = clipping(&[sine(44_100, 1.0, 100.0, 0.5), loud]);
        assert_eq!((found.runs, found.worst.len()), (200, 100));
        let [channel] = found.channels.as_slice() else {
            panic!("one channel: {found:?}");
        };
        assert_eq!(channel.channel, 1);
        assert!(channel.level_dbfs.abs() < 0.001);
        // Over 1/1.5 for 2 (90° - asin(1/1.5)) of every half turn.
        let share = 1.0 - 2.0 * (1.0_f64 / 1.5).asin() / std::f64::consts::PI;
        assert!((found.samples as f64 - share * 44_100.0).abs() < 220.0);
        assert!(
            found
                .worst
                .is_sorted_by(|one, next| one.start_seconds <= next.start_seconds)
        );
    }

    #[test]
    fn a_clipped_track_that_was_turned_down_is_still_clipped() {
        let clipped = quantised(&clip(&noise(44_100, 2.0, 0.9, 7), 1.0), 16);
        let loud = clipping(std::slice::from_ref(&clipped));
        let quiet: Vec<f32> = clipped.iter().map(|x| x * 0.501).collect();
        let mut dithered = quantised(&quiet, 16);
        for (sample, dither) in dithered
            .iter_mut()
            .zip(white(44_100, 2.0, 1.4 / 65_536.0, 8))
        {
            *sample += dither;
        }
        for turned_down in [quiet, dithered] {
            let found = clipping(&[turned_down]);
            // Full scale itself is one step further away below zero than above.
            assert!(
                found.runs * 10 > loud.runs * 8,
                "{} {}",
                found.runs,
                loud.runs
            );
            assert!(found.runs > 100);
            let level = found.channels.first().unwrap().level_dbfs;
            assert!((level + 6.0).abs() < 0.01, "{level}");
        }
    }

    #[test]
    fn single_peaks_of_one_height_are_not_flat() {
        // What a limiter leaves: samples at the ceiling, each by itself.
        let mut plane = noise(44_100, 2.0, 0.4, 7);
        for sample in plane.iter_mut().step_by(100) {
            *sample = 0.891;
        }
        assert_eq!(clipping(&[plane]).runs, 0);
    }

    #[test]
    fn places_and_lengths_are_those_of_the_runs() {
        let mut plane = sine(44_100, 1.0, 1_000.0, 0.3);
        for (at, length) in [(10_000, 5), (20_000, 9)] {
            plane[at..at + length].fill(1.0);
        }
        let found = clipping(&[plane]);
        assert_eq!((found.runs, found.samples), (2, 14));
        let first = found.worst.first().unwrap();
        assert!((first.start_seconds - 10_000.0 / 44_100.0).abs() < 1e-9);
        assert_eq!(first.samples, 5);
        assert_eq!(found.spans(44_100.0).len(), 1);
    }

    #[test]
    fn squares_are_clipped_at_full_scale_only() {
        let square = |level: f32| -> Vec<f32> {
            (0..44_100)
                .map(|n| if n / 50 % 2 == 0 { level } else { -level })
                .collect()
        };
        assert!(clipping(&[square(1.0)]).runs > 800);
        assert_eq!(clipping(&[square(0.5)]).runs, 0);
    }

    #[test]
    fn nothing_dc_and_one_sample_are_not_clipped() {
        for plane in [vec![], vec![1.0], vec![0.0; 4_410], vec![1.0; 4_410]] {
            assert_eq!(clipping(&[plane]).runs, 0);
        }
    }
}
