//! A waveform for drawing: peak and RMS over time, at most 1200 points whatever the length.

use crate::kernel::levels;
use crate::master::report::Waveform;
use serde::{Deserialize, Serialize};

/// Most points of an overview.
const MOST_POINTS: usize = 1_200;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Point {
    peak: f32,
    squares: f64,
}

/// Collects points; when there are too many, pairs of them become one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Overview {
    channels: usize,
    frames_per_point: u64,
    points: Vec<Point>,
    current: Point,
    held: u64,
}

impl Overview {
    pub(crate) fn new(channels: usize) -> Self {
        Self::with_grid(channels, 64)
    }

    /// An overview on the grid of another one, so that both can be drawn over each other.
    pub(crate) fn like(other: &Self) -> Self {
        Self::with_grid(other.channels, other.frames_per_point)
    }

    fn with_grid(channels: usize, frames_per_point: u64) -> Self {
        Self {
            channels: channels.max(1),
            frames_per_point,
            points: Vec::with_capacity(MOST_POINTS),
            current: Point::default(),
            held: 0,
        }
    }

    /// Takes interleaved samples of whole frames.
    pub(crate) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let room = usize::try_from(self.frames_per_point - self.held).unwrap_or(usize::MAX);
            let taken = room.saturating_mul(self.channels).min(samples.len());
            let (now, rest) = samples.split_at(taken);
            let found = levels(now);
            self.current.peak = self.current.peak.max(found.peak);
            self.current.squares += found.squares;
            self.held += (taken / self.channels) as u64;
            if self.held == self.frames_per_point {
                self.close_point();
            }
            samples = rest;
        }
    }

    fn close_point(&mut self) {
        if self.points.len() == MOST_POINTS {
            let (pairs, _) = self.points.as_chunks::<2>();
            self.points = pairs
                .iter()
                .map(|[one, two]| Point {
                    peak: one.peak.max(two.peak),
                    squares: one.squares + two.squares,
                })
                .collect();
            self.frames_per_point *= 2;
            // The point at hand covers only half of the new grid.
            return;
        }
        self.points.push(self.current);
        self.current = Point::default();
        self.held = 0;
    }

    pub(crate) fn finish(&self, sample_rate_hz: u32) -> Waveform {
        let samples = self.frames_per_point as f64 * self.channels as f64;
        let mut points = self.points.clone();
        if self.held > 0 && points.len() < MOST_POINTS {
            // The last point is filled up as if it went on like this.
            let share = self.frames_per_point as f64 / self.held as f64;
            points.push(Point {
                peak: self.current.peak,
                squares: self.current.squares * share,
            });
        }
        #[expect(clippy::cast_possible_truncation, reason = "for drawing")]
        let rms = points
            .iter()
            .map(|point| (point.squares / samples).sqrt() as f32)
            .collect();
        Waveform {
            points_per_second: f64::from(sample_rate_hz) / self.frames_per_point as f64,
            peak: points.iter().map(|point| point.peak).collect(),
            rms,
        }
    }
}
