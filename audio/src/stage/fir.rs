//! A linear-phase filter of any curve: every frequency is delayed alike, and the delay is taken
//! out exactly, so the track keeps its place and its length.

use super::chain::Processor;
use super::filter::{Filter, Phase};
use crate::master::report::StageReport;

/// A filter at work on interleaved samples.
pub(crate) struct LinearPhase(Filter);

impl LinearPhase {
    /// A filter whose gain in decibels at a frequency in hertz is given by `curve_db`.
    pub(crate) fn new(sample_rate_hz: u32, channels: usize, curve_db: impl Fn(f64) -> f64) -> Self {
        Self(Filter::new(
            Phase::Linear,
            sample_rate_hz,
            channels,
            curve_db,
        ))
    }

    /// Takes interleaved samples and appends what is filtered so far.
    pub(crate) fn push(&mut self, samples: &[f32], output: &mut Vec<f32>) {
        self.0.push(samples, output);
    }

    /// Ends the track: appends the samples that are still inside, `missing_frames` of them.
    pub(crate) fn finish(&mut self, missing_frames: usize, output: &mut Vec<f32>) {
        let wanted = output.len() + missing_frames * self.0.channels();
        self.0.finish(output);
        output.resize(wanted, 0.0);
    }
}

impl Processor for LinearPhase {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.0.push(samples, out);
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        self.0.finish(out);
    }

    fn report(&self) -> StageReport {
        self.0.report()
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use std::f64::consts::PI;

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
