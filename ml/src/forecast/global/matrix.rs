//! Products of small matrices in `f32`, the same bit by bit on every machine: each element is one
//! sum in the order of its index, and no product is fused with a sum.
#![expect(
    clippy::indexing_slicing,
    reason = "the lengths are asserted once, before the loops"
)]
#![expect(
    clippy::inline_always,
    reason = "what a kernel calls must be compiled for the same instructions as the kernel"
)]

use pulp::{Arch, Simd, WithSimd};

const LANES: usize = 16;
const ROWS: usize = 4;

/// Adds `left` (`rows` × `inner`) times `right` (`inner` × `columns`) to `into`, row by row.
pub(super) fn add_product(into: &mut [f32], left: &[f32], right: &[f32], columns: usize) {
    if columns == 0 || right.is_empty() {
        return;
    }
    let inner = right.len() / columns;
    let rows = into.len() / columns;
    assert!(right.len() == inner * columns && into.len() == rows * columns);
    assert!(left.len() == rows * inner, "the inner sizes differ");
    Arch::new().dispatch(Product {
        into,
        left,
        right,
        columns,
        inner,
    });
}

struct Product<'a> {
    into: &'a mut [f32],
    left: &'a [f32],
    right: &'a [f32],
    columns: usize,
    inner: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (columns, inner) = (self.columns, self.inner);
        let mut lefts = self.left.chunks_exact(ROWS * inner);
        let mut intos = self.into.chunks_exact_mut(ROWS * columns);
        for (left, into) in lefts.by_ref().zip(intos.by_ref()) {
            band::<ROWS>(into, left, self.right, columns, inner);
        }
        let rest = intos.into_remainder().chunks_exact_mut(columns);
        for (left, into) in lefts.remainder().chunks_exact(inner).zip(rest) {
            band::<1>(into, left, self.right, columns, inner);
        }
    }
}

/// So many rows at once.
#[inline(always)]
fn band<const R: usize>(
    into: &mut [f32],
    left: &[f32],
    right: &[f32],
    columns: usize,
    inner: usize,
) {
    let mut from = 0;
    while from + LANES <= columns {
        let mut sums = [[0.0_f32; LANES]; R];
        for (row, sums) in sums.iter_mut().enumerate() {
            let at = row * columns + from;
            sums.copy_from_slice(&into[at..at + LANES]);
        }
        for step in 0..inner {
            let at = step * columns + from;
            let right = &right[at..at + LANES];
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = left[row * inner + step];
                for (sum, value) in sums.iter_mut().zip(right) {
                    *sum += factor * value;
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            let at = row * columns + from;
            into[at..at + LANES].copy_from_slice(sums);
        }
        from += LANES;
    }
    for column in from..columns {
        for row in 0..R {
            let mut sum = into[row * columns + column];
            for step in 0..inner {
                sum += left[row * inner + step] * right[step * columns + column];
            }
            into[row * columns + column] = sum;
        }
    }
}

/// The transpose of a matrix with so many columns.
pub(super) fn transposed(from: &[f32], columns: usize) -> Vec<f32> {
    let rows = from.len().checked_div(columns).unwrap_or(0);
    let mut into = vec![0.0; from.len()];
    for row in 0..rows {
        for column in 0..columns {
            into[column * rows + row] = from[row * columns + column];
        }
    }
    into
}

#[cfg(test)]
mod tests {
    use super::super::net::single;
    use super::*;
    use crate::random::Random;

    #[test]
    fn products_are_those_of_the_definition() {
        let mut random = Random::new(1);
        for (rows, inner, columns) in [(1, 1, 1), (5, 3, 17), (9, 20, 33), (4, 7, 16)] {
            let mut fill = |count: usize| -> Vec<f32> {
                (0..count)
                    .map(|_| single(random.between(-1.0, 1.0)))
                    .collect()
            };
            let (left, right, start) = (
                fill(rows * inner),
                fill(inner * columns),
                fill(rows * columns),
            );
            let mut into = start.clone();
            add_product(&mut into, &left, &right, columns);
            for row in 0..rows {
                for column in 0..columns {
                    let mut sum = start[row * columns + column];
                    for step in 0..inner {
                        sum += left[row * inner + step] * right[step * columns + column];
                    }
                    let found = into[row * columns + column];
                    assert_eq!(found.to_bits(), sum.to_bits());
                }
            }
        }
    }

    #[test]
    fn transposing_twice_gives_the_matrix_back() {
        let matrix: Vec<f32> = (0..12_u8).map(f32::from).collect();
        assert_eq!(transposed(&matrix, 4)[..3], [0.0, 4.0, 8.0]);
        assert_eq!(transposed(&transposed(&matrix, 4), 3), matrix);
    }
}
