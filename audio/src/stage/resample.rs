//! Another sample rate, on request only: rubato's synchronous resampler in `f64`, with its
//! delay taken out and a length that is exact.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};

use crate::{AudioError, Result};

/// Frames of a block of the slower rate, or a few more: the longer, the closer the filter's
/// edge is to half the rate.
const BLOCK_FRAMES: u32 = 2_048;
/// Rates that music comes in, in hertz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=384_000;

/// Resamples interleaved samples as they go by.
pub(crate) struct Resampler {
    inner: Fft<f64>,
    from_hz: u32,
    to_hz: u32,
    channels: usize,
    held: Vec<f64>,
    block: Vec<f64>,
    /// Frames of the resampler's delay that are still to come.
    to_skip: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// # Errors
    /// `unsupported_sample_rate` outside 8 to 384 kHz; `internal` when the library refuses.
    pub(crate) fn new(from_hz: u32, to_hz: u32, channels: usize) -> Result<Self> {
        for sample_rate_hz in [from_hz, to_hz] {
            if !RATES_HZ.contains(&sample_rate_hz) {
                return Err(AudioError::UnsupportedSampleRate { sample_rate_hz });
            }
        }
        let channels = channels.max(1);
        // An even number of the smallest blocks: half a block, the delay, is then whole.
        let smallest = from_hz / common_divisor(from_hz, to_hz);
        let wanted = BLOCK_FRAMES * (from_hz / to_hz).max(1);
        let blocks = wanted.div_ceil(smallest).next_multiple_of(2);
        let inner = Fft::new_custom(
            from_hz as usize,
            to_hz as usize,
            (blocks * smallest) as usize,
            1,
            channels,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|error| AudioError::Internal(error.to_string()))?;
        Ok(Self {
            block: vec![0.0; inner.output_frames_max() * channels],
            to_skip: inner.output_delay(),
            inner,
            from_hz,
            to_hz,
            channels,
            held: Vec::new(),
            taken: 0,
            given: 0,
        })
    }

    /// Frames that a track of so many frames becomes.
    pub(crate) fn frames_after(&self, frames: u64) -> u64 {
        let (from, to) = (u128::from(self.from_hz), u128::from(self.to_hz));
        let rounded = (u128::from(frames) * to * 2 + from) / (from * 2);
        u64::try_from(rounded).unwrap_or(u64::MAX)
    }

    /// Takes interleaved samples of whole frames and appends what is ready to `out`.
    ///
    /// # Errors
    /// `internal` when the library fails.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<()> {
        self.taken += (samples.len() / self.channels) as u64;
        self.held
            .extend(samples.iter().map(|sample| f64::from(*sample)));
        let whole = self.inner.input_frames_next() * self.channels;
        let mut used = 0;
        while self.held.len() >= used + whole {
            self.convert(used, out, u64::MAX)?;
            used += whole;
        }
        self.held.drain(..used);
        Ok(())
    }

    /// Ends the track: appends the rest, up to its exact length.
    ///
    /// # Errors
    /// `internal` when the library fails.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) -> Result<()> {
        let total = self.frames_after(self.taken);
        let whole = self.inner.input_frames_next() * self.channels;
        while self.given < total {
            self.held.resize(whole, 0.0);
            self.convert(0, out, total)?;
            self.held.clear();
        }
        Ok(())
    }

    /// One block of what is held from position `at`, no further than `total` frames in all.
    fn convert(&mut self, at: usize, out: &mut Vec<f32>, total: u64) -> Result<()> {
        let internal = |error: &dyn std::fmt::Display| AudioError::Internal(error.to_string());
        let frames_in = self.inner.input_frames_next();
        let frames_out = self.inner.output_frames_next();
        let from = self
            .held
            .get(at..at + frames_in * self.channels)
            .unwrap_or_default();
        let input =
            InterleavedSlice::new(from, self.channels, frames_in).map_err(|e| internal(&e))?;
        let mut output = InterleavedSlice::new_mut(&mut self.block, self.channels, frames_out)
            .map_err(|e| internal(&e))?;
        self.inner
            .process_into_buffer(&input, &mut output, Some(&Indexing::new()))
            .map_err(|e| internal(&e))?;
        let skipped = self.to_skip.min(frames_out);
        self.to_skip -= skipped;
        let left = usize::try_from(total - self.given).unwrap_or(usize::MAX);
        let frames = (frames_out - skipped).min(left);
        self.given += frames as u64;
        let ready = self.block.iter().skip(skipped * self.channels);
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        out.extend(
            ready
                .take(frames * self.channels)
                .map(|sample| *sample as f32),
        );
        Ok(())
    }
}

fn common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 {
        one
    } else {
        common_divisor(other, one % other)
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn sine(hz: f64, rate: u32, frames: u32) -> Vec<f32> {
        let step = 2.0 * PI * hz / f64::from(rate);
        (0..frames)
            .map(|n| ((f64::from(n) * step).sin() * 0.9) as f32)
            .collect()
    }

    fn convert(input: &[f32], from: u32, to: u32, channels: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to, channels).unwrap();
        let mut output = Vec::new();
        for block in input.chunks(1_777 * channels) {
            resampler.push(block, &mut output).unwrap();
        }
        resampler.finish(&mut output).unwrap();
        output
    }

    /// Deviation from a sine of the same place in time, away from the ends, relative in dB.
    fn error_db(output: &[f32], hz: f64, rate: u32) -> f64 {
        let wanted = sine(hz, rate, output.len() as u32);
        let (mut off, mut all) = (0.0, 0.0);
        for (got, wanted) in output.iter().zip(&wanted).skip(8_000).take(20_000) {
            off += f64::from(got - wanted).powi(2);
            all += f64::from(*wanted).powi(2);
        }
        10.0 * (off / all).log10()
    }

    fn rms_db(samples: &[f32]) -> f64 {
        let middle = &samples[8_000..28_000];
        let squares: f64 = middle.iter().map(|s| f64::from(*s).powi(2)).sum();
        10.0 * (squares / middle.len() as f64).max(1e-30).log10()
    }

    #[test]
    fn the_length_is_exact_and_rounded() {
        for (from, to) in [
            (48_000, 44_100),
            (44_100, 48_000),
            (96_000, 44_100),
            (22_050, 48_000),
        ] {
            for frames in [1_u32, 100, 4_801, 50_001] {
                let output = convert(&sine(100.0, from, frames), from, to, 1);
                let exact = f64::from(frames) * f64::from(to) / f64::from(from);
                assert!(
                    (output.len() as f64 - exact.round()).abs() < 0.5,
                    "{from} to {to}"
                );
            }
        }
    }

    #[test]
    fn a_sine_keeps_its_place_its_phase_and_its_level_up_to_20_khz() {
        for hz in [
            20.0, 997.0, 5_000.0, 10_000.0, 15_000.0, 18_000.0, 19_000.0, 20_000.0,
        ] {
            let input = sine(hz, 48_000, 48_000);
            let output = convert(&input, 48_000, 44_100, 1);
            let level = rms_db(&output) - rms_db(&sine(hz, 44_100, 44_100));
            assert!(level.abs() < 0.01, "{level} dB at {hz} Hz");
            // A ripple of 0.01 dB alone would leave -59 dB.
            let error = error_db(&output, hz, 44_100);
            assert!(error < -59.0, "{error} dB at {hz} Hz");
        }
    }

    #[test]
    fn what_would_fold_over_is_gone() {
        for hz in [22_200.0, 22_500.0, 23_000.0, 23_900.0] {
            let output = convert(&sine(hz, 48_000, 48_000), 48_000, 44_100, 1);
            assert!(
                rms_db(&output) < -120.0,
                "{} dB at {hz} Hz",
                rms_db(&output)
            );
        }
    }

    #[test]
    fn channels_stay_apart() {
        let left = sine(440.0, 44_100, 44_100);
        let input: Vec<f32> = left.iter().flat_map(|sample| [*sample, 0.0]).collect();
        let output = convert(&input, 44_100, 48_000, 2);
        assert!(
            output
                .iter()
                .skip(1)
                .step_by(2)
                .all(|right| right.abs() < 1e-9)
        );
        let left: Vec<f32> = output.iter().step_by(2).copied().collect();
        assert!(error_db(&left, 440.0, 48_000) < -120.0);
    }

    #[test]
    fn rates_beyond_reason_are_refused() {
        let error = Resampler::new(44_100, 4_000, 2).err().unwrap();
        assert_eq!(error.code(), "unsupported_sample_rate");
    }
}
