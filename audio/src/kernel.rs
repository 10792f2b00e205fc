//! The loops over samples that take most of the time, compiled for the machine they run on.
//!
//! A kernel is plain Rust over a fixed number of lanes. It is compiled twice, for any machine
//! and for those with AVX2, and both do the same operations in the same order: no sum depends on
//! how wide the registers are, and no product is fused with a sum, which would be rounded
//! otherwise. So the results are the same, bit by bit, on every machine.
//!
//! A kernel is a structure and not a closure: a closure's body is not always compiled for the
//! instructions that were found, since the call of it may be a function of its own.
#![expect(
    clippy::indexing_slicing,
    reason = "every index is below the number of lanes"
)]
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use pulp::{Arch, Simd, WithSimd};

/// Lanes that samples are taken in.
pub(crate) const LANES: usize = 16;

/// Runs a kernel with the best instructions that the machine has.
pub(crate) fn run<K: WithSimd>(kernel: K) -> K::Output {
    Arch::new().dispatch(kernel)
}

/// Highest magnitude.
pub(crate) fn highest(samples: &[f32]) -> f32 {
    run(Highest(samples))
}

struct Highest<'a>(&'a [f32]);

impl WithSimd for Highest<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        highest_within(self.0)
    }
}

/// Highest magnitude, for use within a kernel.
#[inline(always)]
pub(crate) fn highest_within(samples: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks, rest) = samples.as_chunks::<LANES>();
    for block in blocks {
        for (lane, sample) in lanes.iter_mut().zip(block) {
            *lane = higher(*lane, sample.abs());
        }
    }
    for sample in rest {
        lanes[0] = higher(lanes[0], sample.abs());
    }
    fold(lanes, higher)
}

/// The higher one of two numbers: one instruction, for it need not care what is no number.
#[inline(always)]
pub(crate) fn higher(one: f32, other: f32) -> f32 {
    if other > one { other } else { one }
}

/// What a kernel finds in one plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    pub(crate) sum: f64,
    pub(crate) squares: f64,
    pub(crate) peak: f32,
}

/// Sum, sum of squares and highest magnitude.
pub(crate) fn levels(samples: &[f32]) -> Levels {
    run(FindLevels(samples))
}

struct FindLevels<'a>(&'a [f32]);

impl WithSimd for FindLevels<'_> {
    type Output = Levels;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Levels {
        let mut sums = [0.0_f64; LANES];
        let mut squares = [0.0_f64; LANES];
        let mut peaks = [0.0_f32; LANES];
        for block in blocks(self.0) {
            for n in 0..LANES {
                let wide = f64::from(block[n]);
                sums[n] += wide;
                squares[n] += wide * wide;
                peaks[n] = higher(peaks[n], block[n].abs());
            }
        }
        Levels {
            sum: fold(sums, |one, other| one + other),
            squares: fold(squares, |one, other| one + other),
            peak: fold(peaks, higher),
        }
    }
}

/// The sum of the products of two planes of the same length.
pub(crate) fn product(left: &[f32], right: &[f32]) -> f64 {
    run(FindProduct(left, right))
}

struct FindProduct<'a>(&'a [f32], &'a [f32]);

impl WithSimd for FindProduct<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut sums = [0.0_f64; LANES];
        for (left, right) in blocks(self.0).zip(blocks(self.1)) {
            for n in 0..LANES {
                sums[n] += f64::from(left[n]) * f64::from(right[n]);
            }
        }
        fold(sums, |one, other| one + other)
    }
}

/// All samples in blocks, the last one with zeros after them.
#[inline(always)]
fn blocks(samples: &[f32]) -> impl Iterator<Item = [f32; LANES]> {
    let (blocks, rest) = samples.as_chunks::<LANES>();
    let mut last = [0.0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    blocks.iter().copied().chain([last])
}

/// The sum of all lanes, in halves.
#[inline(always)]
pub(crate) fn sum_lanes(lanes: [f32; LANES]) -> f32 {
    fold(lanes, |one, other| one + other)
}

#[inline(always)]
fn fold<T: Copy>(mut lanes: [T; LANES], join: impl Fn(T, T) -> T) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        for (low, high) in low.iter_mut().zip(high) {
            *low = join(*low, *high);
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
pub(crate) mod tests {
    use pulp::Scalar;

    use super::*;

    /// Planes of noise with a peak now and then, the same each time.
    pub(crate) fn noise(channels: usize, frames: usize) -> Vec<Vec<f32>> {
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            #[expect(clippy::cast_precision_loss, reason = "noise")]
            let sample = (seed >> 8) as f32 / 8_388_608.0 - 1.0;
            if seed.is_multiple_of(1_009) {
                sample
            } else {
                sample * 0.4
            }
        };
        (0..channels)
            .map(|_| (0..frames).map(|_| next()).collect())
            .collect()
    }

    /// Runs a kernel with the best instructions that there are, and with those that all machines
    /// have.
    pub(crate) fn both<K: WithSimd>(mut kernel: impl FnMut() -> K) -> [K::Output; 2] {
        [run(kernel()), Scalar.vectorize(kernel())]
    }

    #[test]
    fn every_machine_finds_the_same_bits() {
        for frames in [0, 1, 15, 16, 17, 4_096, 5_001] {
            let planes = noise(2, frames);
            let [left, right] = planes.as_slice() else {
                unreachable!()
            };
            let [fast, plain] = both(|| Highest(left));
            assert_eq!(fast.to_bits(), plain.to_bits());
            let [fast, plain] = both(|| FindLevels(left));
            assert_eq!(fast, plain);
            let [fast, plain] = both(|| FindProduct(left, right));
            assert_eq!(fast.to_bits(), plain.to_bits());
        }
    }

    #[test]
    fn levels_are_those_of_a_plain_sum() {
        let planes = noise(2, 5_001);
        let found = levels(&planes[0]);
        let wide: Vec<f64> = planes[0].iter().map(|sample| f64::from(*sample)).collect();
        assert!((found.sum - wide.iter().sum::<f64>()).abs() < 1.0e-9);
        let squares: f64 = wide.iter().map(|sample| sample * sample).sum();
        assert!((found.squares - squares).abs() < 1.0e-9);
        let peak = planes[0]
            .iter()
            .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert_eq!(found.peak.to_bits(), peak.to_bits());
        assert_eq!(highest(&planes[0]).to_bits(), peak.to_bits());
        let products = wide.iter().zip(&planes[1]);
        let product_sum: f64 = products.map(|(one, other)| one * f64::from(*other)).sum();
        assert!((product(&planes[0], &planes[1]) - product_sum).abs() < 1.0e-9);
    }
}
