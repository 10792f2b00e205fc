//! The long-term spectrum in third octaves.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::measurement::Band;

/// Nominal centres of IEC 61260 third octaves.
const CENTRES_HZ: [f64; 30] = [
    25.0, 31.5, 40.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0,
    630.0, 800.0, 1_000.0, 1_250.0, 1_600.0, 2_000.0, 2_500.0, 3_150.0, 4_000.0, 5_000.0, 6_300.0,
    8_000.0, 10_000.0, 12_500.0, 16_000.0, 20_000.0,
];

/// Levels below this read as this: there is nothing there.
pub(crate) const SILENT_DB: f64 = -200.0;

/// Averages the power of successive windows.
pub(crate) struct Spectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    held: Vec<Vec<f32>>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f64>,
    windows: f64,
    sample_rate_hz: f64,
}

impl Spectrum {
    pub(crate) fn new(sample_rate_hz: u32, channels: usize) -> Self {
        // About 0.17 s, so that the lowest band spans its bins at every rate.
        let mut size = 2_048_usize;
        while f64::from(sample_rate_hz) / size as f64 > 6.0 {
            size *= 2;
        }
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let window: Vec<f64> = (0..size)
            .map(|n| 0.5 - 0.5 * (2.0 * PI * n as f64 / size as f64).cos())
            .collect();
        // Parseval: with this scale the bins sum to the mean square of the windowed samples,
        // counted twice for the mirrored half.
        let energy: f64 = window.iter().map(|value| value * value).sum();
        let scale = (2.0 / (energy * size as f64)).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "the transform runs in f32")]
        let window = window.iter().map(|value| (value * scale) as f32).collect();
        Self {
            input: transform.make_input_vec(),
            output: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            power: vec![0.0; size / 2 + 1],
            transform,
            window,
            held: vec![Vec::with_capacity(size); channels],
            windows: 0.0,
            sample_rate_hz: f64::from(sample_rate_hz),
        }
    }

    pub(crate) fn push_planes(&mut self, planes: &[Vec<f32>]) {
        let size = self.window.len();
        let frames = planes.first().map_or(0, Vec::len);
        let mut from = 0;
        while from < frames {
            let held = self.held.first().map_or(0, Vec::len);
            let to = frames.min(from + size - held);
            for (held, plane) in self.held.iter_mut().zip(planes) {
                held.extend_from_slice(plane.get(from..to).unwrap_or_default());
            }
            from = to;
            if self.held.first().map_or(0, Vec::len) == size {
                self.add_window(1.0);
            }
        }
    }

    fn add_window(&mut self, weight: f64) {
        for held in &mut self.held {
            held.resize(self.window.len(), 0.0);
            for ((input, sample), window) in self.input.iter_mut().zip(&*held).zip(&self.window) {
                *input = sample * window;
            }
            held.clear();
            let done = self.transform.process_with_scratch(
                &mut self.input,
                &mut self.output,
                &mut self.scratch,
            );
            debug_assert!(done.is_ok(), "the buffers come from the transform itself");
            for (power, bin) in self.power.iter_mut().zip(&self.output) {
                *power += f64::from(bin.norm_sqr()) * weight;
            }
        }
        self.windows += weight;
    }

    /// The bands whose upper edge is below half the sample rate.
    pub(crate) fn finish(mut self) -> Vec<Band> {
        let rest = self.held.first().map_or(0, Vec::len);
        // A last piece counts only when there is nothing else: it is cut off hard.
        if self.windows == 0.0 && rest > 0 {
            self.add_window(rest as f64 / self.window.len() as f64);
        }
        let samples = (self.windows * self.held.len() as f64).max(f64::MIN_POSITIVE);
        let bin_hz = self.sample_rate_hz / self.window.len() as f64;
        let edge = 2.0_f64.powf(1.0 / 6.0);
        CENTRES_HZ
            .iter()
            .filter(|hz| **hz * edge < self.sample_rate_hz / 2.0)
            .map(|&hz| {
                let power = self.between(hz / edge / bin_hz, hz * edge / bin_hz) / samples;
                // A full-scale sine has a mean square of one half.
                let db = 10.0 * (power * 2.0).max(1.0e-20).log10();
                Band {
                    hz,
                    db: db.max(SILENT_DB),
                }
            })
            .collect()
    }

    /// Power between two fractional bins; a bin reaches half a bin to both sides.
    fn between(&self, low: f64, high: f64) -> f64 {
        self.power
            .iter()
            .enumerate()
            .map(|(bin, power)| {
                let bin = bin as f64;
                let share = (high.min(bin + 0.5) - low.max(bin - 0.5)).clamp(0.0, 1.0);
                power * share
            })
            .sum()
    }
}
