//! Splits the sound into up to three bands that add up to it exactly.
//!
//! Only the low-passes are computed, with linear phase; the bands are their differences and
//! what is left of the sound itself. Whatever the low-passes' errors, the sum is the sound.

use super::convolver::{Convolver, Response};
use super::impulse::{Impulse, linear_phase, taps_for};
use super::low_mono::low_pass;

/// Most crossings.
pub(crate) const MOST_CROSSINGS: usize = 2;
/// Width of a crossing: narrow enough to part bass from voice, wide enough not to ring.
const OCTAVES: f64 = 1.0;
/// Frequency step of the responses: about 45 ms.
const STEP_HZ: f64 = 24.0;

/// The low-passes of a crossover, at work on interleaved samples.
pub(crate) struct Crossover {
    convolver: Convolver,
}

impl Crossover {
    /// Crossings in hertz, rising; at each both bands have half the amplitude.
    pub(crate) fn new(crossings_hz: &[f64], sample_rate_hz: u32, channels: usize) -> Self {
        let rate = f64::from(sample_rate_hz);
        // Without a crossing nothing waits for a response.
        let taps = if crossings_hz.is_empty() {
            1
        } else {
            taps_for(rate, STEP_HZ)
        };
        let impulses: Vec<Impulse> = crossings_hz
            .iter()
            .map(|corner| linear_phase(rate, taps, |hz| low_pass(hz, *corner, OCTAVES)))
            .collect();
        let responses: Vec<Response<'_>> = impulses.iter().map(Response::All).collect();
        Self {
            convolver: Convolver::new(channels, &responses),
        }
    }

    /// As [`Convolver::push`]: the sound itself and one low-passed version for each crossing.
    pub(crate) fn push(&mut self, samples: &[f32], sink: impl FnMut(&[f32], &[Vec<f32>])) {
        self.convolver.push(samples, sink);
    }

    pub(crate) fn finish(&mut self, sink: impl FnMut(&[f32], &[Vec<f32>])) {
        self.convolver.finish(sink);
    }
}
