//! Levels of short stretches, measured once for every figure that needs them.
#![expect(
    clippy::indexing_slicing,
    reason = "kernels: every index is below a constant length"
)]

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::kernel;

/// Frames of a chunk: chunks lie on this grid from the start of the track.
pub(crate) const CHUNK_FRAMES: u64 = 256;

/// Levels of one channel over a chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Levels {
    pub(crate) highest: f32,
    pub(crate) lowest: f32,
    pub(crate) sum: f32,
    pub(crate) squares: f32,
}

impl Levels {
    pub(crate) fn peak(&self) -> f32 {
        self.highest.max(-self.lowest)
    }
}

/// How far left and right lie apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Apart {
    /// Sum of the squared differences.
    pub(crate) squares: f32,
    /// The largest difference.
    pub(crate) most: f32,
}

/// A part of one grid cell: the whole cell, but where a block ends inside it.
pub(crate) struct Chunk<'a> {
    /// First frame, from the start of the track.
    pub(crate) start: u64,
    pub(crate) frames: u64,
    pub(crate) levels: &'a [Levels],
    /// Only for two channels.
    pub(crate) apart: Option<Apart>,
    planes: &'a [Vec<f32>],
    range: Range<usize>,
}

impl Chunk<'_> {
    pub(crate) fn samples(&self, channel: usize) -> &[f32] {
        self.planes
            .get(channel)
            .and_then(|plane| plane.get(self.range.clone()))
            .unwrap_or_default()
    }

    /// Highest magnitude over all channels.
    pub(crate) fn peak(&self) -> f32 {
        self.levels.iter().map(Levels::peak).fold(0.0, f32::max)
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + self.frames
    }

    /// Whether the next chunk begins a new cell of the grid.
    pub(crate) fn ends_cell(&self) -> bool {
        self.end().is_multiple_of(CHUNK_FRAMES)
    }
}

/// Cuts blocks into chunks.
pub(crate) struct Chunks {
    frames: u64,
    levels: Vec<Levels>,
}

impl Chunks {
    pub(crate) fn new() -> Self {
        Self {
            frames: 0,
            levels: Vec::new(),
        }
    }

    /// Frames seen so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Shows every chunk of a block, in order.
    pub(crate) fn each(&mut self, planes: &[Vec<f32>], mut show: impl FnMut(&Chunk<'_>)) {
        let length = planes.iter().map(Vec::len).min().unwrap_or(0);
        let mut from = 0;
        while from < length {
            let room = usize::try_from(CHUNK_FRAMES - self.frames % CHUNK_FRAMES).unwrap_or(1);
            let to = length.min(from + room);
            let apart = self.measure(planes, from..to);
            let frames = (to - from) as u64;
            show(&Chunk {
                start: self.frames,
                frames,
                levels: &self.levels,
                apart,
                planes,
                range: from..to,
            });
            self.frames += frames;
            from = to;
        }
    }

    fn measure(&mut self, planes: &[Vec<f32>], range: Range<usize>) -> Option<Apart> {
        self.levels.clear();
        for plane in planes {
            let samples = plane.get(range.clone()).unwrap_or_default();
            let levels = kernel::run(LevelsOf(samples));
            self.levels.push(levels);
        }
        let [left, right] = planes else { return None };
        let left = left.get(range.clone()).unwrap_or_default();
        let right = right.get(range).unwrap_or_default();
        Some(kernel::run(ApartOf(left, right)))
    }
}

/// The kernel of [`Levels`]: two registers each, so that one need not wait for the other.
struct LevelsOf<'a>(&'a [f32]);

impl WithSimd for LevelsOf<'_> {
    type Output = Levels;

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Levels {
        let mut highest = [simd.splat_f32s(f32::MIN); 2];
        let mut lowest = [simd.splat_f32s(f32::MAX); 2];
        let mut sums = [simd.splat_f32s(0.0); 2];
        let mut squares = [simd.splat_f32s(0.0); 2];
        let (wide, rest) = S::as_simd_f32s(self.0);
        let (pairs, odd) = wide.as_chunks::<2>();
        let mut add = |lane: usize, x: S::f32s| {
            highest[lane] = simd.max_f32s(x, highest[lane]);
            lowest[lane] = simd.min_f32s(x, lowest[lane]);
            sums[lane] = simd.add_f32s(sums[lane], x);
            squares[lane] = simd.mul_add_e_f32s(x, x, squares[lane]);
        };
        for [one, two] in pairs {
            add(0, *one);
            add(1, *two);
        }
        for one in odd {
            add(0, *one);
        }
        let mut levels = Levels {
            highest: simd.reduce_max_f32s(simd.max_f32s(highest[0], highest[1])),
            lowest: simd.reduce_min_f32s(simd.min_f32s(lowest[0], lowest[1])),
            sum: simd.reduce_sum_f32s(simd.add_f32s(sums[0], sums[1])),
            squares: simd.reduce_sum_f32s(simd.add_f32s(squares[0], squares[1])),
        };
        for &x in rest {
            levels.highest = levels.highest.max(x);
            levels.lowest = levels.lowest.min(x);
            levels.sum += x;
            levels.squares += x * x;
        }
        levels
    }
}

/// The kernel of [`Apart`].
struct ApartOf<'a>(&'a [f32], &'a [f32]);

impl WithSimd for ApartOf<'_> {
    type Output = Apart;

    #[expect(
        clippy::inline_always,
        reason = "what a kernel calls must be compiled for the same instructions as the kernel"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Apart {
        let mut most = [simd.splat_f32s(0.0); 2];
        let mut squares = [simd.splat_f32s(0.0); 2];
        let (lefts, left_rest) = S::as_simd_f32s(self.0);
        let (rights, right_rest) = S::as_simd_f32s(self.1);
        let mut add = |lane: usize, left: S::f32s, right: S::f32s| {
            let difference = simd.sub_f32s(left, right);
            most[lane] = simd.max_f32s(simd.abs_f32s(difference), most[lane]);
            squares[lane] = simd.mul_add_e_f32s(difference, difference, squares[lane]);
        };
        let (left_pairs, left_odd) = lefts.as_chunks::<2>();
        let (right_pairs, right_odd) = rights.as_chunks::<2>();
        for (left, right) in left_pairs.iter().zip(right_pairs) {
            add(0, left[0], right[0]);
            add(1, left[1], right[1]);
        }
        for (left, right) in left_odd.iter().zip(right_odd) {
            add(0, *left, *right);
        }
        let mut apart = Apart {
            most: simd.reduce_max_f32s(simd.max_f32s(most[0], most[1])),
            squares: simd.reduce_sum_f32s(simd.add_f32s(squares[0], squares[1])),
        };
        for (left, right) in left_rest.iter().zip(right_rest) {
            let difference = left - right;
            apart.most = apart.most.max(difference.abs());
            apart.squares += difference * difference;
        }
        apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_lie_on_the_grid_whatever_the_blocks_are() {
        let plane: Vec<f32> = (0_u16..1_000).map(|n| f32::from(n) / 1_000.0).collect();
        for block in [1, 255, 256, 300, 1_000] {
            let mut chunks = Chunks::new();
            let mut ends = Vec::new();
            let mut highest: f32 = 0.0;
            for part in plane.chunks(block) {
                chunks.each(&[part.to_vec(), part.to_vec()], |chunk| {
                    highest = highest.max(chunk.peak());
                    assert_eq!(chunk.apart.unwrap().most.to_bits(), 0);
                    if chunk.ends_cell() {
                        ends.push(chunk.end());
                    }
                });
            }
            assert_eq!(ends, [256, 512, 768]);
            assert_eq!(chunks.frames(), 1_000);
            assert!((highest - 0.999).abs() < 1e-6);
        }
    }
}
