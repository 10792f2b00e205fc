//! What the limiter looks at: the highest true peak around every frame, over all channels, by
//! eight times oversampling.

#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a constant that the slices are cut to"
)]

use std::sync::LazyLock;

use pulp::Arch;

use crate::meter::true_peak::{Interpolator, highest, interpolate};

const PHASES: usize = 8;
const TAPS: usize = 32;
const STRETCH: usize = 64;
const WINDOW: usize = STRETCH + TAPS;

static FILTER: LazyLock<Interpolator<PHASES, TAPS>> = LazyLock::new(|| Interpolator::new(5.0));

/// Follows the true-peak envelope.
pub(crate) struct Detector {
    channels: usize,
    held: Vec<Vec<f32>>,
    floor: f32,
    arch: Arch,
}

impl Detector {
    /// Peaks below the floor (an amplitude) may read as zero: the limiter will not act on them,
    /// and most of the work is saved.
    pub(crate) fn new(channels: usize, floor: f32) -> Self {
        Self {
            channels,
            // Silence before the track, so that the first value covers the first frame.
            held: vec![vec![0.0; TAPS / 2 - 1]; channels],
            floor,
            arch: Arch::new(),
        }
    }

    /// Takes interleaved samples and appends the envelope as far as it is known: value `n`
    /// covers the time from frame `n` to frame `n + 1`.
    pub(crate) fn push(&mut self, samples: &[f32], envelope: &mut Vec<f32>) {
        for (channel, held) in self.held.iter_mut().enumerate() {
            held.extend(samples.iter().skip(channel).step_by(self.channels));
        }
        let filter = &*FILTER;
        let floor = self.floor;
        let arch = self.arch;
        let start = envelope.len();
        let length = self.held.first().map_or(0, Vec::len);
        let stretches = length.saturating_sub(TAPS) / STRETCH;
        envelope.resize(start + stretches * STRETCH, 0.0);
        for held in &self.held {
            let out = &mut envelope[start..];
            arch.dispatch(
                #[inline(always)]
                || {
                    for (index, values) in out.as_chunks_mut::<STRETCH>().0.iter_mut().enumerate() {
                        let at = index * STRETCH;
                        stretch(filter, &held[at..at + WINDOW], floor, values);
                    }
                },
            );
        }
        for held in &mut self.held {
            held.drain(..stretches * STRETCH);
        }
    }

    /// Ends the track: appends the rest of the envelope, `frames` values in total.
    pub(crate) fn finish(&mut self, missing: usize, envelope: &mut Vec<f32>) {
        let wanted = envelope.len() + missing;
        let silence = vec![0.0; (WINDOW + STRETCH) * self.channels];
        while envelope.len() < wanted {
            self.push(&silence, envelope);
        }
        envelope.truncate(wanted);
    }
}

#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
fn stretch(
    filter: &Interpolator<PHASES, TAPS>,
    window: &[f32],
    floor: f32,
    values: &mut [f32; STRETCH],
) {
    if highest(window) * filter.bound <= floor {
        return;
    }
    let middle = &window[TAPS / 2 - 1..TAPS / 2 + STRETCH];
    for (value, pair) in values.iter_mut().zip(middle.windows(2)) {
        let peak = pair[0].abs().max(pair[1].abs());
        *value = if peak > *value { peak } else { *value };
    }
    for phase in &filter.phases[1..] {
        let between = interpolate::<STRETCH, TAPS>(phase, window);
        for (value, sample) in values.iter_mut().zip(between) {
            *value = if sample.abs() > *value {
                sample.abs()
            } else {
                *value
            };
        }
    }
}
