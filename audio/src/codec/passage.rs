//! What a codec meets in one passage: the power in each band and the peaks that a low pass
//! leaves.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::candidates::{Candidates, Passage};
use super::models::{BAND_EDGES_HZ, BANDS};

/// Highest peaks of a channel that are looked at.
const PEAKS: usize = 32;
/// Peaks lower than this share of the highest are out of its reach.
const LOWEST_SHARE: f32 = 0.6;
/// Half the width of a low pass' slope, in hertz.
const SLOPE_HZ: f64 = 300.0;
/// Points a sample at which peaks are looked for; a parabola finds the rest of the way.
const OVERSAMPLING: usize = 4;

/// A peak: its magnitude, and what lies above and below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub(super) magnitude: f32,
    pub(super) is_positive: bool,
}

/// One channel of a passage.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    /// Mean square in each band, full scale at 1.
    pub(super) power: [f64; BANDS],
    /// The highest peaks, for each low pass that was asked for.
    pub(super) peaks: Vec<Vec<Peak>>,
    pub(super) drift: f64,
}

/// Takes passages of one length apart.
pub(super) struct Analyser {
    size: usize,
    channels: usize,
    window: Vec<f32>,
    /// The band of each bin of the short transform.
    bands: Vec<usize>,
    /// Gains of the bins of the long transform, for each low pass; empty when nothing is cut.
    low_passes: Vec<Vec<f32>>,
    short: Arc<dyn RealToComplex<f32>>,
    long: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
}

impl Analyser {
    /// For the passages of a track and low passes at frequencies in hertz.
    #[expect(clippy::cast_possible_truncation, reason = "the transforms run in f32")]
    pub(super) fn new(candidates: &Candidates, cut_offs_hz: &[f64]) -> Self {
        let rate = candidates.sample_rate_hz;
        let length = candidates
            .passages
            .first()
            .map_or(4_096, |passage| passage.samples.len() / candidates.channels);
        let size = length / 2;
        let mut planner = RealFftPlanner::<f32>::new();
        let window: Vec<f64> = (0..size)
            .map(|n| 0.5 - 0.5 * (2.0 * PI * n as f64 / size as f64).cos())
            .collect();
        // Parseval, the mirrored half counted: the bins sum to the mean square.
        let energy: f64 = window.iter().map(|value| value * value).sum();
        let scale = (2.0 / (energy * size as f64)).sqrt();
        let hz_per_bin = rate / size as f64;
        let bands = (0..=size / 2)
            .map(|bin| {
                let hz = bin as f64 * hz_per_bin;
                let above = BAND_EDGES_HZ.iter().filter(|edge| **edge <= hz).count();
                above.saturating_sub(1).min(BANDS - 1)
            })
            .collect();
        let low_passes = cut_offs_hz
            .iter()
            .map(|cut_off| low_pass(rate, length, *cut_off))
            .collect();
        Self {
            size,
            channels: candidates.channels,
            window: window.iter().map(|value| (value * scale) as f32).collect(),
            bands,
            low_passes,
            short: planner.plan_fft_forward(size),
            long: planner.plan_fft_forward(length),
            back: planner.plan_fft_inverse(length * OVERSAMPLING),
        }
    }

    pub(super) fn analyse(&self, passage: &Passage) -> Vec<Channel> {
        (0..self.channels)
            .map(|channel| {
                let samples: Vec<f32> = passage
                    .samples
                    .iter()
                    .skip(channel)
                    .step_by(self.channels)
                    .map(|sample| if sample.is_finite() { *sample } else { 0.0 })
                    .collect();
                Channel {
                    power: self.power(&samples),
                    peaks: self.peaks(samples),
                    drift: passage.drift.get(channel).copied().unwrap_or(0.0),
                }
            })
            .collect()
    }

    fn power(&self, samples: &[f32]) -> [f64; BANDS] {
        let middle = samples.iter().skip(self.size / 2);
        let mut input: Vec<f32> = middle
            .zip(&self.window)
            .map(|(sample, window)| sample * window)
            .collect();
        let mut spectrum = self.short.make_output_vec();
        let done = self.short.process(&mut input, &mut spectrum);
        debug_assert!(done.is_ok(), "buffers of the transform itself");
        let mut power = [0.0; BANDS];
        for (bin, band) in spectrum.iter().zip(&self.bands) {
            if let Some(power) = power.get_mut(*band) {
                *power += f64::from(bin.norm_sqr());
            }
        }
        power
    }

    fn peaks(&self, mut samples: Vec<f32>) -> Vec<Vec<Peak>> {
        let length = samples.len();
        // The ends fade, so that nothing wraps around.
        let fade = length / 8;
        for n in 0..fade {
            #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
            let gain = (0.5 - 0.5 * (PI * n as f64 / fade as f64).cos()) as f32;
            for at in [n, length - 1 - n] {
                if let Some(sample) = samples.get_mut(at) {
                    *sample *= gain;
                }
            }
        }
        let mut spectrum = self.long.make_output_vec();
        let done = self.long.process(&mut samples, &mut spectrum);
        debug_assert!(done.is_ok(), "buffers of the transform itself");
        let mut peaks: Vec<Vec<Peak>> = Vec::with_capacity(self.low_passes.len());
        let mut uncut: Option<Vec<Peak>> = None;
        for low_pass in &self.low_passes {
            let found = match &uncut {
                Some(found) if low_pass.is_empty() => found.clone(),
                _ => self.summits(&spectrum, low_pass, length),
            };
            if low_pass.is_empty() {
                uncut = Some(found.clone());
            }
            peaks.push(found);
        }
        peaks
    }

    /// The highest local maxima in the middle half of the passage after a low pass.
    fn summits(&self, spectrum: &[Complex<f32>], low_pass: &[f32], length: usize) -> Vec<Peak> {
        let mut wide = self.back.make_input_vec();
        let scale = 1.0 / length as f32;
        if low_pass.is_empty() {
            for (to, from) in wide.iter_mut().zip(spectrum) {
                *to = from * scale;
            }
        } else {
            for ((to, from), gain) in wide.iter_mut().zip(spectrum).zip(low_pass) {
                *to = from * (gain * scale);
            }
        }
        let mut time = self.back.make_output_vec();
        let done = self.back.process(&mut wide, &mut time);
        debug_assert!(done.is_ok(), "buffers of the transform itself");
        let quarter = time.len() / 4;
        let middle = time.get(quarter..quarter * 3).unwrap_or_default();
        let least = middle
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()))
            * LOWEST_SHARE;
        let mut peaks: Vec<Peak> = middle
            .windows(3)
            .filter_map(|three| match three {
                [before, here, after] if here.abs() > least => {
                    let sign = here.signum();
                    summit(before * sign, here * sign, after * sign).map(|magnitude| Peak {
                        magnitude,
                        is_positive: sign > 0.0,
                    })
                }
                _ => None,
            })
            .collect();
        peaks.sort_by(|one, other| other.magnitude.total_cmp(&one.magnitude));
        peaks.truncate(PEAKS);
        peaks
    }
}

/// The top of the parabola through three points, when the middle one is the highest.
fn summit(before: f32, here: f32, after: f32) -> Option<f32> {
    let bend = before - 2.0 * here + after;
    let is_summit = here >= before && here > after && bend < 0.0;
    is_summit.then(|| here - (before - after) * (before - after) / (8.0 * bend))
}

/// Gains of the bins, from 1 down to 0 over the slope; empty when all of them are 1.
fn low_pass(rate: f64, length: usize, cut_off_hz: f64) -> Vec<f32> {
    if cut_off_hz - SLOPE_HZ >= rate / 2.0 {
        return Vec::new();
    }
    (0..=length / 2)
        .map(|bin| {
            let hz = bin as f64 * rate / length as f64;
            #[expect(clippy::cast_possible_truncation, reason = "a gain")]
            let gain = ((cut_off_hz + SLOPE_HZ - hz) / (2.0 * SLOPE_HZ)).clamp(0.0, 1.0) as f32;
            gain
        })
        .collect()
}
