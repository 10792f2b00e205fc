//! The K-weighting filter of BS.1770-5, annex 1, for any sample rate.
//!
//! The recommendation gives coefficients for 48 kHz only. They are a bilinear transform of an
//! analogue high shelf and an analogue high pass, whose parameters are recovered here and
//! transformed for the rate at hand. The high pass of the recommendation is not normalised: at
//! 48 kHz it passes high frequencies with +0.04 dB, and every other rate must do the same, or
//! it would read lower by up to 0.04 LU.

#![expect(
    clippy::indexing_slicing,
    reason = "a kernel: every index is below a constant, or below the length of what it was cut to"
)]
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use std::f64::consts::PI;

use pulp::{Simd, WithSimd};

use super::amplitude;
use crate::kernel;

/// Coefficients of one second-order section, `a0` being 1.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
}

const SHELF_HZ: f64 = 1_681.974_450_955_533;
const SHELF_GAIN_DB: f64 = 3.999_843_853_973_347;
const SHELF_Q: f64 = 0.707_175_236_955_419_6;
const SHELF_EXPONENT: f64 = 0.499_666_774_154_541_6;
const PASS_HZ: f64 = 38.135_470_876_024_44;
const PASS_Q: f64 = 0.500_327_037_323_877_3;

/// Both sections for a sample rate in hertz.
fn sections(sample_rate_hz: f64) -> [Section; 2] {
    [shelf(sample_rate_hz), high_pass(sample_rate_hz)]
}

fn shelf(sample_rate_hz: f64) -> Section {
    let k = (PI * SHELF_HZ / sample_rate_hz).tan();
    let high = amplitude(SHELF_GAIN_DB);
    let middle = high.powf(SHELF_EXPONENT);
    let a0 = 1.0 + k / SHELF_Q + k * k;
    Section {
        b: [
            (high + middle * k / SHELF_Q + k * k) / a0,
            2.0 * (k * k - high) / a0,
            (high - middle * k / SHELF_Q + k * k) / a0,
        ],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / SHELF_Q + k * k) / a0],
    }
}

fn high_pass(sample_rate_hz: f64) -> Section {
    let denominator = |rate: f64| {
        let k = (PI * PASS_HZ / rate).tan();
        (k, 1.0 + k / PASS_Q + k * k)
    };
    let (k, a0) = denominator(sample_rate_hz);
    let (_, a0_at_48k) = denominator(48_000.0);
    let gain = a0_at_48k / a0;
    Section {
        b: [gain, -2.0 * gain, gain],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / PASS_Q + k * k) / a0],
    }
}

/// Taps of the filter's part without feedback.
const TAPS: usize = 9;
const HISTORY: usize = TAPS - 1;

/// Both sections as they are computed.
///
/// A recursive filter waits for every result before it can begin with the next one. So numerator
/// and denominator A(z) of each section are multiplied by A(-z): the denominator is then one of
/// z², in which frames of even and of odd number have nothing to do with each other and are
/// computed side by side. What the numerators have become is done before, without feedback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    taps: [f64; TAPS],
    /// Feedback of each section, from two and from four frames ago.
    feedback: [[f64; 2]; 2],
}

impl Filter {
    /// The filter for a sample rate in hertz.
    pub(crate) fn new(sample_rate_hz: f64) -> Self {
        let sections = sections(sample_rate_hz);
        let mut taps = [0.0; TAPS];
        taps[0] = 1.0;
        for Section { b, a: [a1, a2] } in sections {
            taps = times(&times(&taps, b), [1.0, -a1, a2]);
        }
        Self {
            taps,
            feedback: sections.map(|Section { a: [a1, a2], .. }| [2.0 * a2 - a1 * a1, a2 * a2]),
        }
    }
}

/// The product of two polynomials, as far as there is room for it.
fn times(one: &[f64; TAPS], other: [f64; 3]) -> [f64; TAPS] {
    let mut product = [0.0; TAPS];
    for (shift, factor) in other.iter().enumerate() {
        for (to, from) in product.iter_mut().skip(shift).zip(one) {
            *to += factor * from;
        }
    }
    product
}

/// Filters the channels of a track and tells their power.
pub(crate) struct Weighting {
    filter: Filter,
    pairs: Vec<Lanes<4>>,
    last: Option<Lanes<2>>,
}

impl Weighting {
    /// For a sample rate in hertz, and channels whose powers count so much.
    pub(crate) fn new(sample_rate_hz: u32, weights: &[f64]) -> Self {
        let (pairs, last) = weights.as_chunks::<2>();
        Self {
            filter: Filter::new(f64::from(sample_rate_hz)),
            pairs: pairs.iter().map(|weights| Lanes::new(weights)).collect(),
            last: (!last.is_empty()).then(|| Lanes::new(last)),
        }
    }

    /// Replaces the powers by those of the next frames, all channels together.
    pub(crate) fn powers(&mut self, planes: &[Vec<f32>], powers: &mut Vec<f64>) {
        let frames = planes.first().map_or(0, Vec::len);
        powers.clear();
        powers.resize(frames, 0.0);
        let (pairs, last) = planes.as_chunks::<2>();
        for (lanes, planes) in self.pairs.iter_mut().zip(pairs) {
            lanes.add_powers(&self.filter, planes, powers);
        }
        if let Some(lanes) = &mut self.last {
            lanes.add_powers(&self.filter, last, powers);
        }
    }
}

/// One or two channels on their way through the filter, two lanes each: what comes before the
/// frames at hand is kept in front of them.
struct Lanes<const N: usize> {
    /// How much the power in each lane counts.
    weights: [f64; N],
    samples: Vec<Vec<f64>>,
    /// Without the feedback.
    ahead: Vec<Vec<f64>>,
    /// With the feedback of the one section, and of both. A row holds a frame of even and the
    /// next one of odd number for each channel.
    shelved: Vec<[f64; N]>,
    passed: Vec<[f64; N]>,
}

/// Rows of the frames before those at hand: the feedback reaches four frames back.
const ROWS_BEFORE: usize = 2;

impl<const N: usize> Lanes<N> {
    fn new(weights: &[f64]) -> Self {
        Self {
            weights: std::array::from_fn(|lane| weights[lane / 2]),
            samples: vec![vec![0.0; HISTORY]; N / 2],
            ahead: vec![Vec::new(); N / 2],
            shelved: vec![[0.0; N]; ROWS_BEFORE],
            passed: vec![[0.0; N]; ROWS_BEFORE],
        }
    }

    fn add_powers(&mut self, filter: &Filter, planes: &[Vec<f32>], powers: &mut [f64]) {
        kernel::run(AddPowers {
            lanes: self,
            filter,
            planes,
            powers,
        });
        let frames = powers.len();
        for samples in &mut self.samples {
            samples.drain(..frames);
        }
        keep_last(&mut self.shelved, frames);
        keep_last(&mut self.passed, frames);
    }
}

/// One row behind a section, from the row before it and the two before that.
#[inline(always)]
fn follow<const N: usize>(
    mut row: [f64; N],
    feedback: [f64; 2],
    [late, early]: [[f64; N]; 2],
) -> [f64; N] {
    for n in 0..N {
        row[n] = (row[n] - feedback[1] * early[n]) - feedback[0] * late[n];
    }
    row
}

/// The power of a frame of even and of one of odd number, all channels together.
#[inline(always)]
fn power_of<const N: usize>(row: &[f64; N], weights: [f64; N]) -> [f64; 2] {
    let mut powers = [0.0; 2];
    for n in 0..N {
        powers[n % 2] += weights[n] * (row[n] * row[n]);
    }
    powers
}

/// Moves the last results to the front. After long silence they decay into denormal numbers,
/// which are slow.
fn keep_last<const N: usize>(rows: &mut [[f64; N]], frames: usize) {
    let mut kept = [[0.0; N]; ROWS_BEFORE];
    for (row, kept) in kept.iter_mut().enumerate() {
        for (lane, kept) in kept.iter_mut().enumerate() {
            let frame = frames + 2 * row + lane % 2;
            let last = rows[frame / 2][lane / 2 * 2 + frame % 2];
            *kept = if last.abs() < 1.0e-30 { 0.0 } else { last };
        }
    }
    rows[..ROWS_BEFORE].copy_from_slice(&kept);
}

struct AddPowers<'a, const N: usize> {
    lanes: &'a mut Lanes<N>,
    filter: &'a Filter,
    planes: &'a [Vec<f32>],
    powers: &'a mut [f64],
}

impl<const N: usize> WithSimd for AddPowers<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            lanes,
            filter,
            planes,
            powers,
        } = self;
        let frames = powers.len();
        for ((samples, ahead), plane) in lanes.samples.iter_mut().zip(&mut lanes.ahead).zip(planes)
        {
            samples.extend(plane.iter().map(|sample| f64::from(*sample)));
            // Twice the half rounded up, so that there is a pair for the last frame.
            ahead.resize(frames.div_ceil(2) * 2, 0.0);
            filter.run_ahead(samples, &mut ahead[..frames]);
        }
        let rows = frames.div_ceil(2);
        lanes.shelved.resize(ROWS_BEFORE + rows, [0.0; N]);
        lanes.passed.resize(ROWS_BEFORE + rows, [0.0; N]);
        let first = lanes.ahead[0].as_chunks::<2>().0;
        let second = lanes.ahead[N / 2 - 1].as_chunks::<2>().0;
        filter.feed_back(first, second, &mut lanes.shelved, &mut lanes.passed);
        let weights = lanes.weights;
        let rows = &lanes.passed[ROWS_BEFORE..];
        let (pairs, last) = powers.as_chunks_mut::<2>();
        for (powers, row) in pairs.iter_mut().zip(rows) {
            let [even, odd] = power_of(row, weights);
            *powers = [powers[0] + even, powers[1] + odd];
        }
        if let ([power], Some(row)) = (last, rows.last()) {
            *power += power_of(row, weights)[0];
        }
    }
}

impl Filter {
    /// The part without feedback: behind as many samples as it reaches back to lie those that
    /// are filtered.
    #[inline(always)]
    fn run_ahead(&self, samples: &[f64], ahead: &mut [f64]) {
        let from: [&[f64]; TAPS] =
            std::array::from_fn(|tap| &samples[HISTORY - tap..][..ahead.len()]);
        for (n, ahead) in ahead.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (tap, from) in self.taps.iter().zip(&from) {
                sum += tap * from[n];
            }
            *ahead = sum;
        }
    }

    /// The feedback of both sections, row by row.
    #[inline(always)]
    fn feed_back<const N: usize>(
        &self,
        first: &[[f64; 2]],
        second: &[[f64; 2]],
        shelved: &mut [[f64; N]],
        passed: &mut [[f64; N]],
    ) {
        let [first_feedback, second_feedback] = self.feedback;
        let [mut shelf_early, mut shelf_late] = [shelved[0], shelved[1]];
        let [mut pass_early, mut pass_late] = [passed[0], passed[1]];
        let inputs = first.iter().zip(second);
        let outputs = shelved[ROWS_BEFORE..]
            .iter_mut()
            .zip(&mut passed[ROWS_BEFORE..]);
        for ((first, second), (shelved, passed)) in inputs.zip(outputs) {
            let mut input = [0.0; N];
            input[..2].copy_from_slice(first);
            input[N - 2..].copy_from_slice(second);
            *shelved = follow(input, first_feedback, [shelf_late, shelf_early]);
            (shelf_early, shelf_late) = (shelf_late, *shelved);
            *passed = follow(shelf_late, second_feedback, [pass_late, pass_early]);
            (pass_early, pass_late) = (pass_late, *passed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_48_khz_the_sections_are_those_of_the_recommendation() {
        let [shelf, pass] = sections(48_000.0);
        let published_shelf = [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
        ];
        for (ours, theirs) in shelf.b.iter().zip(published_shelf) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
        }
        assert!((shelf.a[0] + 1.690_659_293_182_41).abs() < 1e-9);
        assert!((shelf.a[1] - 0.732_480_774_215_85).abs() < 1e-9);
        assert!((pass.b[0] - 1.0).abs() < 1e-12 && (pass.b[1] + 2.0).abs() < 1e-12);
        assert!((pass.a[0] + 1.990_047_454_833_98).abs() < 1e-9);
        assert!((pass.a[1] - 0.990_072_250_366_21).abs() < 1e-9);
    }

    /// The sections as the recommendation writes them, one frame after the other.
    fn plainly(sections: &[Section], samples: &[f32]) -> Vec<f64> {
        let mut values: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
        for Section { b, a } in sections {
            let (mut before, mut results) = ([0.0; 2], [0.0; 2]);
            for value in &mut values {
                let input = *value;
                *value = b[0] * input + b[1] * before[0] + b[2] * before[1]
                    - a[0] * results[0]
                    - a[1] * results[1];
                before = [input, before[0]];
                results = [*value, results[0]];
            }
        }
        values
    }

    #[test]
    fn frames_side_by_side_have_the_powers_of_frames_one_after_the_other() {
        let rate = 44_100;
        let weights = [1.0, 1.0, 1.41];
        let planes = crate::kernel::tests::noise(3, 5_000);
        let mut expected = vec![0.0; 5_000];
        for (plane, weight) in planes.iter().zip(weights) {
            let values = plainly(&sections(f64::from(rate)), plane);
            for (power, value) in expected.iter_mut().zip(values) {
                *power += weight * value * value;
            }
        }
        let mut weighting = Weighting::new(rate, &weights);
        let (mut found, mut powers) = (Vec::new(), Vec::new());
        let mut from = 0;
        for length in [1, 2, 3, 5, 1_000, 333, 0, 1, 1, 1, 3_653] {
            let cut = |plane: &Vec<f32>| plane[from..from + length].to_vec();
            let block: Vec<_> = planes.iter().map(cut).collect();
            weighting.powers(&block, &mut powers);
            found.extend_from_slice(&powers);
            from += length;
        }
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1.0e-9, "{found} {expected}");
        }
    }

    #[test]
    fn every_machine_finds_the_same_powers() {
        let filter = Filter::new(48_000.0);
        let planes = crate::kernel::tests::noise(2, 1_001);
        let mut lanes = [(); 2].map(|()| Lanes::<4>::new(&[1.0, 1.41]));
        let mut powers = [(); 2].map(|()| vec![0.0; 1_001]);
        let mut pairs = lanes.iter_mut().zip(&mut powers);
        crate::kernel::tests::both(|| {
            let (lanes, powers) = pairs.next().unwrap();
            AddPowers {
                lanes,
                filter: &filter,
                planes: &planes,
                powers,
            }
        });
        assert_eq!(powers[0], powers[1]);
        assert!(powers[0].iter().all(|power| *power > 0.0));
    }
}
