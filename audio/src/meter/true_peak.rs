//! True peak by 16 times oversampling, at every sample rate.
//!
//! Interpolating every sample sixteen-fold would cost more than all the rest of the meter, and
//! almost none of it can matter: the time between two samples is looked at more closely only
//! while it could still hold a peak above what is known already. Three looks decide that, each
//! dearer than the one before:
//!
//! 1. No interpolated value exceeds the largest sample under the filter times the sum of the
//!    filter's magnitudes.
//! 2. At the highest point of a band-limited signal the nearest value of a twofold oversampling
//!    is at least cos(π/4) of it (Bernstein). A short filter will do for this look: it errs
//!    only close to half the sample rate, and the bound is set lower by more than that.
//! 3. Of a fourfold oversampling the nearest value is at least cos(π/8) of it.
//!
//! What "known already" is, the caller decides: for a meter the highest peak so far, for a
//! limiter the highest of each tick, beginning with the level that it would not act on.
//!
//! Many meters interpolate with a filter so short that what lies next to half the sample rate, as
//! it does in whatever was clipped, comes out mirrored, and they show up to 0.2 dB more than there
//! is. A limiter looks with such a filter too, so that no meter shows its ceiling passed.
#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a constant that the slices are cut to"
)]
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use std::f64::consts::PI;
use std::sync::LazyLock;

use pulp::{Simd, WithSimd};

use crate::kernel::{self, LANES, highest_within as highest};

/// Filter taps of one phase: flat up to 0.48 of the sample rate.
const TAPS: usize = 128;
const PHASES: usize = 16;
/// Taps of the short filter of the second look: flat up to 0.44 of the sample rate.
const SHORT_TAPS: usize = 32;
/// Taps of one phase in common meters.
const COMMON_TAPS: usize = 20;
/// What common meters show above a true peak at most, in dB.
pub(crate) const MOST_OVER_READ_DB: f64 = 0.2;
/// Samples of a stretch.
const STRETCH: usize = 64;
/// What a stretch looks at: its samples and the rest of the filter's length.
const WINDOW: usize = STRETCH + TAPS;
/// Frames before the track at which the first stretch starts.
const LEAD: u64 = (TAPS / 2 + 1) as u64;
/// Well under cos(π/4).
const TWOFOLD_BOUND: f32 = 0.62;
/// A little under cos(π/8), for the real filter is not an ideal one.
const FOURFOLD_BOUND: f32 = 0.91;

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
static SHORT: LazyLock<Interpolator<2, SHORT_TAPS>> = LazyLock::new(|| Interpolator::new(5.0));
/// As common resamplers come: a Kaiser window of shape 5 over ten samples to each side.
static COMMON: LazyLock<Interpolator<PHASES, COMMON_TAPS>> =
    LazyLock::new(|| Interpolator::new(5.0));

/// One phase over `N` consecutive positions: `window` holds `N + T` samples.
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

/// One value of a phase: `window` holds `TAPS` samples.
#[inline(always)]
fn value(taps: &[f32; TAPS], window: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (taps, _) = taps.as_chunks::<LANES>();
    let (samples, _) = window.as_chunks::<LANES>();
    for (taps, samples) in taps.iter().zip(samples) {
        for ((lane, tap), sample) in lanes.iter_mut().zip(taps).zip(samples) {
            *lane += tap * sample;
        }
    }
    kernel::sum_lanes(lanes).abs()
}

/// The highest value that a common meter finds between two samples: `window` is that of [`value`].
#[inline(always)]
fn common(window: &[f32]) -> f32 {
    let around = &window[(TAPS - COMMON_TAPS) / 2..][..COMMON_TAPS];
    let mut highest = 0.0_f32;
    for taps in &COMMON.phases[1..] {
        let mut sum = 0.0;
        for (tap, sample) in taps.iter().zip(around) {
            sum += tap * sample;
        }
        highest = highest.max(f32::abs(sum));
    }
    highest
}

/// The highest peaks known so far, over stretches of time.
pub(crate) trait Record {
    /// The record that the time after a frame belongs to, and the first frame that is no longer
    /// its own.
    fn at(&mut self, frame: u64) -> (&mut f32, u64);
}

/// One record for the whole track.
impl Record for f32 {
    fn at(&mut self, _: u64) -> (&mut f32, u64) {
        (self, u64::MAX)
    }
}

/// Looks for the true peaks of one channel.
pub(crate) struct Scanner {
    /// The samples not yet covered, after the filter's length of older ones.
    held: Vec<f32>,
    /// The frame that the next stretch starts at, counted from [`LEAD`] frames before the track.
    next: u64,
    /// Whether it also looks as common meters do.
    cautious: bool,
}

impl Scanner {
    /// Finds true peaks.
    pub(crate) fn new() -> Self {
        Self {
            // The track begins in silence.
            held: vec![0.0; TAPS],
            next: 0,
            cautious: false,
        }
    }

    /// Finds true peaks, and what common meters take for them where that is more.
    pub(crate) fn cautious() -> Self {
        Self {
            cautious: true,
            ..Self::new()
        }
    }

    /// Takes the next samples, and raises the records to the peaks around them as far as they
    /// are known. The time between two samples belongs to the earlier one.
    pub(crate) fn push(&mut self, plane: &[f32], record: &mut impl Record) {
        self.held.extend_from_slice(plane);
        let used = kernel::run(Look {
            held: &self.held,
            next: self.next,
            cautious: self.cautious,
            record,
        });
        self.next += used as u64;
        self.held.drain(..used);
    }

    /// Ends the track, which fades into silence.
    pub(crate) fn finish(&mut self, record: &mut impl Record) {
        self.push(&[0.0; WINDOW + STRETCH], record);
    }
}

/// Looks at every whole stretch of what is held, and returns how many samples that are.
struct Look<'a, R> {
    held: &'a [f32],
    next: u64,
    cautious: bool,
    record: &'a mut R,
}

impl<R: Record> WithSimd for Look<'_, R> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        let Self {
            held,
            next,
            cautious,
            record,
        } = self;
        let mut at = 0;
        // The highest samples of the window's thirds, so that each is looked at once.
        let mut tops = [
            0.0,
            highest(&held[..STRETCH]),
            highest(&held[STRETCH..TAPS]),
        ];
        while at + WINDOW <= held.len() {
            let window = &held[at..at + WINDOW];
            tops = [tops[1], tops[2], highest(&window[TAPS..])];
            let top = tops[0].max(tops[1]).max(tops[2]);
            stretch(window, top, next + at as u64, cautious, record);
            at += STRETCH;
        }
        at
    }
}

/// Raises the records of the frames from `first` on, counted like `Scanner::next`, to the peaks of
/// a stretch, of whose window `top` is the highest sample.
#[inline(always)]
fn stretch(window: &[f32], top: f32, first: u64, cautious: bool, record: &mut impl Record) {
    let filter = &*FILTER;
    let mut from = 0;
    let mut halves = None;
    while from < STRETCH {
        // What rings before the track counts to its first frame.
        let frame = (first + from as u64).saturating_sub(LEAD);
        let (known, until) = record.at(frame);
        let left = usize::try_from(until.saturating_sub(frame)).unwrap_or(STRETCH);
        let to = STRETCH.min(from.saturating_add(left.max(1)));
        if top * filter.bound > *known {
            let halves = halves.get_or_insert_with(|| {
                let start = (TAPS - SHORT_TAPS) / 2;
                let short = &window[start..start + STRETCH + SHORT_TAPS];
                interpolate::<STRETCH, SHORT_TAPS>(&SHORT.phases[1], short)
            });
            *known = between(window, halves, (from, to), cautious, *known);
        }
        from = to;
    }
}

/// The highest peak from one sample to another, or `known` if there is none above it.
#[inline(always)]
fn between(
    window: &[f32],
    halves: &[f32; STRETCH],
    (from, to): (usize, usize),
    cautious: bool,
    known: f32,
) -> f32 {
    let filter = &*FILTER;
    // Phase 0 is the sample under the filter's middle; one more sample closes the time.
    let samples = &window[TAPS / 2 - 1..TAPS / 2 + STRETCH];
    let mut peak = known.max(highest(&samples[from..to]));
    let twofold = highest(&samples[from..=to]).max(highest(&halves[from..to]));
    if twofold <= peak * TWOFOLD_BOUND {
        return peak;
    }
    for n in from..to {
        let ends = samples[n].abs().max(samples[n + 1].abs());
        if ends.max(halves[n].abs()) <= peak * TWOFOLD_BOUND {
            continue;
        }
        let around = &window[n..n + TAPS];
        let phase = |index: usize| value(&filter.phases[index], around);
        if cautious {
            peak = peak.max(common(around));
        }
        let quarters = phase(4).max(phase(8)).max(phase(12));
        peak = peak.max(quarters);
        if ends.max(quarters) <= peak * FOURFOLD_BOUND {
            continue;
        }
        for index in [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15] {
            peak = peak.max(phase(index));
        }
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::{both, noise};

    #[test]
    fn every_machine_finds_the_same_peaks() {
        let planes = noise(1, 20_000);
        let mut records = [0.0_f32; 2];
        let mut each = records.iter_mut();
        let used = both(|| Look {
            held: &planes[0],
            next: 0,
            cautious: true,
            record: each.next().unwrap(),
        });
        assert_eq!(used[0], used[1]);
        assert_eq!(records[0].to_bits(), records[1].to_bits());
        assert!(records[0] > highest(&planes[0]));
    }
    fn brute(phases: &[[f32; COMMON_TAPS]], samples: &[f32]) -> f32 {
        let values = samples.windows(COMMON_TAPS).flat_map(|window| {
            phases.iter().map(move |taps| {
                let products = taps.iter().zip(window).map(|(tap, sample)| tap * sample);
                products.sum::<f32>().abs()
            })
        });
        values.fold(0.0, f32::max)
    }

    #[test]
    fn a_cautious_look_finds_what_either_filter_finds() {
        let planes = noise(1, 48_000);
        let mut more = 0;
        for piece in planes[0].chunks_exact(40) {
            let mut samples = vec![0.0; 100];
            samples.extend(piece.iter().map(|it| it.clamp(-0.1, 0.1)));
            samples.extend([0.0; 100]);
            let peak = |mut scanner: Scanner| {
                let mut highest = 0.0_f32;
                scanner.push(&samples, &mut highest);
                scanner.finish(&mut highest);
                highest
            };
            let (plain, cautious) = (peak(Scanner::new()), peak(Scanner::cautious()));
            let common = brute(&COMMON.phases, &samples);
            assert!(
                (cautious - plain.max(common)).abs() < 1e-5,
                "{cautious} {plain} {common}"
            );
            more += u32::from(common > plain * 1.002);
        }
        assert!(more > 10, "{more} pieces tell the two apart");
    }
}
