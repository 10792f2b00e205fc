//! Power spectra of successive windows of one signal.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// A Hann-windowed Fourier transform that takes a signal in pieces of any size.
pub(crate) struct Transform {
    fourier: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    hop: usize,
    held: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl Transform {
    /// Windows of `size` samples, one every `hop`. A full-scale sine has a power of 1 in the bin
    /// that it falls on.
    pub(crate) fn new(size: usize, hop: usize) -> Self {
        let fourier = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let scale = 4.0 / size as f64;
        #[expect(clippy::cast_possible_truncation, reason = "the transform runs in f32")]
        let window = (0..size)
            .map(|n| (scale * (0.5 - 0.5 * (2.0 * PI * n as f64 / size as f64).cos())) as f32)
            .collect();
        Self {
            input: fourier.make_input_vec(),
            output: fourier.make_output_vec(),
            scratch: fourier.make_scratch_vec(),
            power: vec![0.0; size / 2 + 1],
            fourier,
            window,
            hop,
            held: Vec::with_capacity(size * 2),
        }
    }

    /// The power of two whose bins are at most this wide.
    pub(crate) fn size_for(sample_rate_hz: f64, bin_hz: f64) -> usize {
        let mut size = 64_usize;
        while sample_rate_hz / size as f64 > bin_hz {
            size *= 2;
        }
        size
    }

    /// Takes samples and shows the power in every bin of every window that they complete.
    pub(crate) fn push(&mut self, samples: &[f32], mut show: impl FnMut(&[f32])) {
        self.held.extend_from_slice(samples);
        let mut at = 0;
        while let Some(window) = self.held.get(at..at + self.window.len()) {
            for ((input, sample), weight) in self.input.iter_mut().zip(window).zip(&self.window) {
                *input = sample * weight;
            }
            let done = self.fourier.process_with_scratch(
                &mut self.input,
                &mut self.output,
                &mut self.scratch,
            );
            debug_assert!(done.is_ok(), "the buffers come from the transform itself");
            for (power, bin) in self.power.iter_mut().zip(&self.output) {
                *power = bin.re * bin.re + bin.im * bin.im;
            }
            show(&self.power);
            at += self.hop;
        }
        self.held.drain(..at.min(self.held.len()));
    }

    /// Fills the window at hand with silence, for a track that ends before the first one.
    pub(crate) fn pad(&mut self, show: impl FnMut(&[f32])) {
        if !self.held.is_empty() {
            self.push(&vec![0.0; self.window.len() - self.held.len()], show);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::signals::sine;
    use super::*;

    #[test]
    fn a_full_scale_sine_has_a_power_of_one_in_its_bin() {
        let mut transform = Transform::new(1_024, 512);
        let plane = sine(48_000, 1.0, 48_000.0 / 1_024.0 * 100.0, 1.0);
        let mut windows = 0;
        for piece in plane.chunks(777) {
            transform.push(piece, |power| {
                windows += 1;
                assert!((power[100] - 1.0).abs() < 1e-3);
                assert!(power[103] < 1e-6);
            });
        }
        assert_eq!(windows, (48_000 - 1_024) / 512 + 1);
    }
}
