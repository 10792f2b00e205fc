//! True peak by 16 times oversampling, at every sample rate.
//!
//! Interpolating every sample sixteen-fold would cost more than all the rest of the meter.
//! Almost none of it can matter: a stretch is looked at closely only if it could hold a peak
//! higher than the highest one so far. Two bounds decide that, the cheap one first:
//!
//! 1. No interpolated value exceeds the largest sample under the filter times the sum of the
//!    filter's magnitudes.
//! 2. At the highest point of a band-limited signal the nearest sample of a twofold
//!    oversampling is at least cos(π/4) of it (Bernstein), so a stretch whose twofold
//!    oversampled peak is below 0.7 of the record cannot hold a higher one.
#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a constant that the slices are cut to"
)]

use std::f64::consts::PI;
use std::sync::LazyLock;

use pulp::Arch;

/// Filter taps of one phase: flat up to 0.48 of the sample rate.
const TAPS: usize = 128;
const PHASES: usize = 16;
/// Samples of a stretch.
const STRETCH: usize = 64;
/// What a stretch looks at: its samples and the rest of the filter's length.
const WINDOW: usize = STRETCH + TAPS;
/// A little under cos(π/4), for the real filter is not an ideal one.
const TWOFOLD_BOUND: f32 = 0.69;

/// The phases of a windowed-sinc interpolator.
pub(crate) struct Interpolator<const P: usize, const T: usize> {
    pub(crate) phases: [[f32; T]; P],
    /// The largest sum of magnitudes of a phase.
    pub(crate) bound: f32,
}

impl<const P: usize, const T: usize> Interpolator<P, T> {
    /// Phase `p` yields the value `p / P` of a sample after tap `T / 2 - 1`. Kaiser window
    /// of the given shape: 8 rejects about 80 dB.
    pub(crate) fn new(beta: f64) -> Self {
        let mut phases = [[0.0; T]; P];
        let mut bound = 0.0_f64;
        let half = T as f64 / 2.0;
        for (index, phase) in phases.iter_mut().enumerate() {
            let offset = index as f64 / P as f64;
            let mut taps = [0.0_f64; T];
            for (tap, value) in taps.iter_mut().enumerate() {
                let distance = tap as f64 - (half - 1.0) - offset;
                let sinc = if distance.abs() < 1e-12 {
                    1.0
                } else {
                    (PI * distance).sin() / (PI * distance)
                };
                let x = distance / half;
                let window = if x.abs() < 1.0 {
                    bessel_i0(beta * (1.0 - x * x).sqrt()) / bessel_i0(beta)
                } else {
                    0.0
                };
                *value = sinc * window;
            }
            // Every phase passes a constant unchanged.
            let sum: f64 = taps.iter().sum();
            bound = bound.max(taps.iter().map(|tap| (tap / sum).abs()).sum());
            for (tap, value) in phase.iter_mut().zip(taps) {
                #[expect(clippy::cast_possible_truncation, reason = "the kernel runs in f32")]
                {
                    *tap = (value / sum) as f32;
                }
            }
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a bound with room to spare"
        )]
        let bound = (bound * 1.0001) as f32;
        Self { phases, bound }
    }
}

fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..64 {
        let factor = x / 2.0 / f64::from(k);
        term *= factor * factor;
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
    }
    sum
}

static FILTER: LazyLock<Interpolator<PHASES, TAPS>> = LazyLock::new(|| Interpolator::new(8.0));

/// Highest magnitude, in lanes that the compiler can vectorise.
#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
pub(crate) fn highest(samples: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (blocks, rest) = samples.as_chunks::<16>();
    for block in blocks {
        for (lane, sample) in lanes.iter_mut().zip(block) {
            *lane = if sample.abs() > *lane {
                sample.abs()
            } else {
                *lane
            };
        }
    }
    for sample in rest {
        lanes[0] = lanes[0].max(sample.abs());
    }
    lanes.into_iter().fold(0.0, f32::max)
}

/// One phase over `N` consecutive positions: `window` holds `N + T` samples.
#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
pub(crate) fn interpolate<const N: usize, const T: usize>(
    taps: &[f32; T],
    window: &[f32],
) -> [f32; N] {
    let mut sums = [0.0_f32; N];
    for (tap, &weight) in taps.iter().enumerate() {
        let samples = &window[tap..tap + N];
        for (sum, &sample) in sums.iter_mut().zip(samples) {
            *sum += weight * sample;
        }
    }
    sums
}

/// Follows the highest true peak of one channel.
pub(crate) struct TruePeak {
    /// The samples not yet covered, after the filter's length of older ones.
    held: Vec<f32>,
    peak: f32,
    arch: Arch,
}

impl TruePeak {
    pub(crate) fn new() -> Self {
        Self {
            // The track begins in silence.
            held: vec![0.0; TAPS],
            peak: 0.0,
            arch: Arch::new(),
        }
    }

    pub(crate) fn push(&mut self, plane: &[f32]) {
        self.held.extend_from_slice(plane);
        let filter = &*FILTER;
        let held = &self.held;
        let mut peak = self.peak;
        // The samples themselves first: they raise the record and spare the work.
        let used = self.arch.dispatch(
            #[inline(always)]
            || {
                peak = peak.max(highest(plane));
                let mut at = 0;
                while at + WINDOW <= held.len() {
                    peak = stretch(filter, &held[at..at + WINDOW], peak);
                    at += STRETCH;
                }
                at
            },
        );
        self.peak = peak;
        self.held.drain(..used);
    }

    /// Ends the track, which fades into silence, and returns the peak as an amplitude.
    pub(crate) fn finish(&mut self) -> f64 {
        self.push(&[0.0; WINDOW + STRETCH]);
        f64::from(self.peak)
    }
}

#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
fn stretch(filter: &Interpolator<PHASES, TAPS>, window: &[f32], mut peak: f32) -> f32 {
    if highest(window) * filter.bound <= peak {
        return peak;
    }
    let between = interpolate::<STRETCH, TAPS>(&filter.phases[PHASES / 2], window);
    // Phase 0 is the sample under the filter's middle; one more sample closes the interval.
    let middle = &window[TAPS / 2 - 1..TAPS / 2 + STRETCH];
    let twofold = highest(&between).max(highest(middle));
    if twofold <= peak * TWOFOLD_BOUND {
        return peak;
    }
    for phase in &filter.phases[1..] {
        let values = interpolate::<STRETCH, TAPS>(phase, window);
        peak = peak.max(highest(&values));
    }
    peak
}
