//! Levels of short stretches, measured once for every figure that needs them.

use std::ops::Range;

use pulp::Arch;

use super::lanes::joined;

/// Frames of a chunk: chunks lie on this grid from the start of the track.
pub(crate) const CHUNK_FRAMES: u64 = 256;

/// Lanes that are summed side by side: two AVX registers, so that one need not wait for the
/// other.
const LANES: usize = 16;

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
    arch: Arch,
    levels: Vec<Levels>,
}

impl Chunks {
    pub(crate) fn new() -> Self {
        Self {
            frames: 0,
            arch: Arch::new(),
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
            let levels = self.arch.dispatch(
                #[inline(always)]
                || levels(samples),
            );
            self.levels.push(levels);
        }
        let [left, right] = planes else { return None };
        let left = left.get(range.clone()).unwrap_or_default();
        let right = right.get(range).unwrap_or_default();
        Some(self.arch.dispatch(
            #[inline(always)]
            || apart(left, right),
        ))
    }
}

#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
fn levels(samples: &[f32]) -> Levels {
    let mut highest = [f32::MIN; LANES];
    let mut lowest = [f32::MAX; LANES];
    let mut sums = [0.0_f32; LANES];
    let mut squares = [0.0_f32; LANES];
    let (blocks, rest) = samples.as_chunks::<LANES>();
    for block in blocks {
        let lanes = highest.iter_mut().zip(&mut lowest);
        let lanes = lanes.zip(&mut sums).zip(&mut squares);
        for (&x, (((highest, lowest), sum), square)) in block.iter().zip(lanes) {
            *highest = if x > *highest { x } else { *highest };
            *lowest = if x < *lowest { x } else { *lowest };
            *sum += x;
            *square += x * x;
        }
    }
    for &x in rest {
        highest[0] = highest[0].max(x);
        lowest[0] = lowest[0].min(x);
        sums[0] += x;
        squares[0] += x * x;
    }
    Levels {
        highest: joined(highest, f32::max),
        lowest: joined(lowest, f32::min),
        sum: joined(sums, |one, other| one + other),
        squares: joined(squares, |one, other| one + other),
    }
}

#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
fn apart(left: &[f32], right: &[f32]) -> Apart {
    let mut most = [0.0_f32; LANES];
    let mut squares = [0.0_f32; LANES];
    let (lefts, left_rest) = left.as_chunks::<LANES>();
    let (rights, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in lefts.iter().zip(rights) {
        let lanes = most.iter_mut().zip(&mut squares);
        for ((left, right), (most, square)) in left.iter().zip(right).zip(lanes) {
            let difference = left - right;
            let size = difference.abs();
            *most = if size > *most { size } else { *most };
            *square += difference * difference;
        }
    }
    for (left, right) in left_rest.iter().zip(right_rest) {
        let difference = left - right;
        most[0] = most[0].max(difference.abs());
        squares[0] += difference * difference;
    }
    Apart {
        squares: joined(squares, |one, other| one + other),
        most: joined(most, f32::max),
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
