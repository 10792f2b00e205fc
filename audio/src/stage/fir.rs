//! A linear-phase filter of any curve, by overlap-save: every frequency is delayed alike, and
//! the delay is taken out exactly, so the track keeps its place and its length.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::meter::amplitude;

/// A filter at work on interleaved samples.
pub(crate) struct LinearPhase {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    response: Vec<Complex<f64>>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    time: Vec<f64>,
    input: Vec<f64>,
    /// The last samples of each channel, as long as the transform.
    held: Vec<Vec<f64>>,
    channels: usize,
    sample_rate_hz: f64,
    taps: usize,
    /// Frames still to be dropped from the output: the filter's delay.
    to_skip: usize,
}

impl LinearPhase {
    /// A filter whose gain in decibels at a frequency in hertz is given by `curve_db`.
    pub(crate) fn new(sample_rate_hz: u32, channels: usize, curve_db: impl Fn(f64) -> f64) -> Self {
        let rate = f64::from(sample_rate_hz);
        // About 90 ms: fine enough for the lowest third octaves, short enough not to pre-ring.
        let mut size = 1_024_usize;
        while rate / (size as f64) > 12.0 {
            size *= 2;
        }
        let taps = size - 1;
        let transform_size = size * 4;
        let mut planner = RealFftPlanner::<f64>::new();
        let forward = planner.plan_fft_forward(transform_size);
        let inverse = planner.plan_fft_inverse(transform_size);
        let kernel = kernel(rate, taps, transform_size, &inverse, curve_db);
        let mut time = kernel;
        let mut response = forward.make_output_vec();
        let done = forward.process(&mut time, &mut response);
        debug_assert!(done.is_ok(), "the buffers come from the transform itself");
        for bin in &mut response {
            *bin /= transform_size as f64;
        }
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            time: vec![0.0; transform_size],
            input: vec![0.0; transform_size],
            held: vec![vec![0.0; taps - 1]; channels],
            forward,
            inverse,
            response,
            channels,
            sample_rate_hz: rate,
            taps,
            to_skip: (taps - 1) / 2,
        }
    }

    /// What the filter as it is built makes of the power at a frequency in hertz.
    pub(crate) fn power_gain(&self, hz: f64) -> f64 {
        let bin = hz * self.input.len() as f64 / self.sample_rate_hz;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a bin"
        )]
        let index = (bin.max(0.0) as usize).min(self.response.len().saturating_sub(2));
        // The response is scaled for a transform there and back.
        let scale = self.input.len() as f64;
        let power = |index: usize| {
            let value = self.response.get(index).copied().unwrap_or_default() * scale;
            value.norm_sqr()
        };
        let share = (bin - index as f64).clamp(0.0, 1.0);
        power(index) * (1.0 - share) + power(index + 1) * share
    }

    /// Takes interleaved samples and appends what is filtered so far.
    pub(crate) fn push(&mut self, samples: &[f32], output: &mut Vec<f32>) {
        for (channel, held) in self.held.iter_mut().enumerate() {
            held.extend(
                samples
                    .iter()
                    .skip(channel)
                    .step_by(self.channels)
                    .map(|sample| f64::from(*sample)),
            );
        }
        while self.held.first().map_or(0, Vec::len) >= self.input.len() {
            self.transform(output);
        }
    }

    /// Ends the track: appends the samples that are still inside.
    pub(crate) fn finish(&mut self, missing_frames: usize, output: &mut Vec<f32>) {
        let wanted = output.len() + missing_frames * self.channels;
        let silence = vec![0.0; self.input.len() * self.channels];
        while output.len() < wanted {
            self.push(&silence, output);
        }
        output.truncate(wanted);
    }

    /// One step of overlap-save for all channels.
    fn transform(&mut self, output: &mut Vec<f32>) {
        let fresh = self.input.len() - (self.taps - 1);
        let start = output.len();
        let skipped = self.to_skip.min(fresh);
        self.to_skip -= skipped;
        output.resize(start + (fresh - skipped) * self.channels, 0.0);
        for (channel, held) in self.held.iter_mut().enumerate() {
            for (input, sample) in self.input.iter_mut().zip(held.iter()) {
                *input = *sample;
            }
            held.drain(..fresh);
            let there = self.forward.process_with_scratch(
                &mut self.input,
                &mut self.spectrum,
                &mut self.scratch,
            );
            for (bin, response) in self.spectrum.iter_mut().zip(&self.response) {
                *bin *= response;
            }
            // Rounding leaves traces of an imaginary part where there is none.
            if let [first, .., last] = self.spectrum.as_mut_slice() {
                first.im = 0.0;
                last.im = 0.0;
            }
            let back = self.inverse.process_with_scratch(
                &mut self.spectrum,
                &mut self.time,
                &mut self.scratch,
            );
            debug_assert!(
                there.is_ok() && back.is_ok(),
                "buffers of the transform itself"
            );
            let filtered = self.time.iter().skip(self.taps - 1 + skipped);
            let places = output
                .iter_mut()
                .skip(start + channel)
                .step_by(self.channels);
            for (place, value) in places.zip(filtered) {
                #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
                {
                    *place = *value as f32;
                }
            }
        }
    }
}

/// The windowed impulse response, in front of zeros up to the transform's size.
fn kernel(
    rate: f64,
    taps: usize,
    transform_size: usize,
    inverse: &Arc<dyn ComplexToReal<f64>>,
    curve_db: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let mut spectrum: Vec<Complex<f64>> = (0..=transform_size / 2)
        .map(|bin| {
            let hz = bin as f64 * rate / transform_size as f64;
            Complex::new(amplitude(curve_db(hz)), 0.0)
        })
        .collect();
    let mut circular = inverse.make_output_vec();
    let done = inverse.process(&mut spectrum, &mut circular);
    debug_assert!(done.is_ok(), "the buffers come from the transform itself");
    let half = (taps - 1) / 2;
    let mut kernel = vec![0.0; transform_size];
    for (tap, value) in kernel.iter_mut().take(taps).enumerate() {
        let from_middle = (tap + transform_size - half) % transform_size;
        let phase = (tap as f64 + 1.0) / (taps as f64 + 1.0);
        let window = 0.5 - 0.5 * (2.0 * PI * phase).cos();
        let sample = circular.get(from_middle).copied().unwrap_or(0.0);
        *value = sample * window / transform_size as f64;
    }
    kernel
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;

    fn run(filter: &mut LinearPhase, input: &[f32], channels: usize) -> Vec<f32> {
        let mut output = Vec::new();
        for block in input.chunks(1_000 * channels) {
            filter.push(block, &mut output);
        }
        let missing = (input.len() - output.len()) / channels;
        filter.finish(missing, &mut output);
        output
    }

    #[test]
    fn a_flat_curve_gives_back_the_input_in_place() {
        let input: Vec<f32> = (0..60_000)
            .map(|n| ((n * 7_919) % 2_001) as f32 / 1_000.0 - 1.0)
            .collect();
        let output = run(&mut LinearPhase::new(44_100, 2, |_| 0.0), &input, 2);
        assert_eq!(output.len(), input.len());
        for (one, two) in input.iter().zip(&output) {
            assert!((one - two).abs() < 1e-6);
        }
    }

    #[test]
    fn an_impulse_stays_where_it_is_and_the_response_is_symmetric_around_it() {
        let mut input = vec![0.0_f32; 40_000];
        input[20_000] = 1.0;
        let curve = |hz: f64| if hz < 1_000.0 { 6.0 } else { -3.0 };
        let output = run(&mut LinearPhase::new(48_000, 1, curve), &input, 1);
        let peak = output
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        assert_eq!(peak.unwrap().0, 20_000);
        for n in 1..2_000 {
            assert!((output[20_000 - n] - output[20_000 + n]).abs() < 1e-6);
        }
    }

    #[test]
    fn a_sine_comes_out_at_the_gain_of_the_curve() {
        let input: Vec<f32> = (0..96_000)
            .map(|n| (2.0 * PI * 200.0 * f64::from(n) / 48_000.0).sin() as f32 * 0.1)
            .collect();
        let output = run(
            &mut LinearPhase::new(48_000, 1, |hz| if hz < 1_000.0 { 4.0 } else { 0.0 }),
            &input,
            1,
        );
        let rms = |samples: &[f32]| {
            (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64)
                .sqrt()
        };
        let gain = 20.0 * (rms(&output[20_000..70_000]) / rms(&input[20_000..70_000])).log10();
        assert!((gain - 4.0).abs() < 0.02, "{gain}");
    }
}
