//! Sample peak, RMS, means and the correlation of left and right.

use crate::kernel::{levels, product};

/// Sums of one channel.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sum: f64,
    squares: f64,
    peak: f32,
}

/// Measures levels and the stereo image as blocks go by.
pub(crate) struct Stereo {
    channels: Vec<Sums>,
    products: f64,
    frames: u64,
}

impl Stereo {
    pub(crate) fn new(channels: usize) -> Self {
        Self {
            channels: vec![Sums::default(); channels],
            products: 0.0,
            frames: 0,
        }
    }

    pub(crate) fn push_planes(&mut self, planes: &[Vec<f32>]) {
        self.frames += planes.first().map_or(0, Vec::len) as u64;
        for (sums, plane) in self.channels.iter_mut().zip(planes) {
            let found = levels(plane);
            sums.sum += found.sum;
            sums.squares += found.squares;
            sums.peak = sums.peak.max(found.peak);
        }
        if let [left, right] = planes {
            self.products += product(left, right);
        }
    }

    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    pub(crate) fn peak(&self) -> f64 {
        f64::from(
            self.channels
                .iter()
                .map(|sums| sums.peak)
                .fold(0.0, f32::max),
        )
    }

    /// Over all channels.
    pub(crate) fn rms(&self) -> f64 {
        let squares: f64 = self.channels.iter().map(|sums| sums.squares).sum();
        let samples = self.frames.max(1) as f64 * self.channels.len().max(1) as f64;
        (squares / samples).sqrt()
    }

    pub(crate) fn means(&self) -> Vec<f64> {
        let frames = self.frames.max(1) as f64;
        self.channels.iter().map(|sums| sums.sum / frames).collect()
    }

    pub(crate) fn dc_offset(&self) -> f64 {
        self.means().into_iter().fold(0.0, |worst: f64, mean| {
            if mean.abs() > worst.abs() {
                mean
            } else {
                worst
            }
        })
    }

    pub(crate) fn correlation(&self) -> Option<f64> {
        let [left, right] = self.channels.as_slice() else {
            return None;
        };
        let energy = (left.squares * right.squares).sqrt();
        (energy > 0.0).then(|| (self.products / energy).clamp(-1.0, 1.0))
    }
}
