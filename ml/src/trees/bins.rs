//! Features as numbers, and the bins that trees see of them.

use crate::{MlError, Result};

/// Most borders between a feature's bins, so that a bin is one byte.
pub const MOST_BORDERS: usize = 127;

/// Features by column, in single precision as the model file has them. A missing value is NaN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: Vec<Vec<f32>>,
}

impl Matrix {
    /// A matrix of columns of equal length.
    ///
    /// # Errors
    ///
    /// [`MlError::Data`] where one is longer than another.
    pub fn new(rows: usize, columns: Vec<Vec<f32>>) -> Result<Self> {
        if columns.iter().any(|column| column.len() != rows) {
            return Err(MlError::Data("columns differ in length".to_owned()));
        }
        Ok(Self { rows, columns })
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns.
    pub fn columns(&self) -> &[Vec<f32>] {
        &self.columns
    }

    /// One row, its features in order.
    pub fn row(&self, row: usize) -> Vec<f32> {
        let cell = |column: &Vec<f32>| column.get(row).copied().unwrap_or(f32::NAN);
        self.columns.iter().map(cell).collect()
    }
}

/// A matrix in bins: a value's bin is the number of borders that it is greater than. What is
/// missing is greater than none; where a feature has missing values its first border is less than
/// every number.
#[derive(Debug, Clone, PartialEq)]
pub struct Binned {
    /// Ascending borders of each feature.
    pub borders: Vec<Vec<f32>>,
    /// Bins by feature and row.
    pub bins: Vec<Vec<u8>>,
    /// How many rows.
    pub rows: usize,
}

impl Binned {
    /// Bins of about as many rows each.
    pub fn new(matrix: &Matrix) -> Self {
        let borders: Vec<Vec<f32>> = matrix
            .columns
            .iter()
            .map(|column| borders(column))
            .collect();
        let bins = matrix
            .columns
            .iter()
            .zip(&borders)
            .map(|(column, borders)| column.iter().map(|value| bin(*value, borders)).collect())
            .collect();
        Self {
            borders,
            bins,
            rows: matrix.rows,
        }
    }

    /// The bin below a border: rows in higher bins are greater than the border.
    pub fn below(&self, feature: usize, border: f32) -> u8 {
        let borders = self.borders.get(feature).map_or(&[][..], Vec::as_slice);
        let place = borders.partition_point(|other| *other < border);
        u8::try_from(place).unwrap_or(u8::MAX)
    }
}

fn bin(value: f32, borders: &[f32]) -> u8 {
    if value.is_nan() {
        return 0;
    }
    u8::try_from(borders.partition_point(|border| value > *border)).unwrap_or(u8::MAX)
}

fn borders(column: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = column
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    sorted.sort_by(f32::total_cmp);
    let mut borders = Vec::new();
    if sorted.len() < column.len() {
        borders.push(f32::MIN);
    }
    let mut distinct = sorted.clone();
    distinct.dedup();
    let room = MOST_BORDERS - borders.len();
    let chosen: Vec<(f32, f32)> = if distinct.len() <= room {
        distinct
            .iter()
            .copied()
            .zip(distinct.iter().copied().skip(1))
            .collect()
    } else {
        let at = |share: usize| sorted.get(share * sorted.len() / (room + 1)).copied();
        (1..=room)
            .filter_map(|share| {
                let low = at(share)?;
                let next = distinct.partition_point(|value| *value <= low);
                Some((low, *distinct.get(next)?))
            })
            .collect()
    };
    for (low, high) in chosen {
        let middle = low + (high - low) / 2.0;
        // Between neighbouring floats, or so far apart that the difference overflows.
        let border = if middle < high && middle >= low {
            middle
        } else {
            low
        };
        if borders.last().is_none_or(|last| *last < border) {
            borders.push(border);
        }
    }
    borders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_bins_of_their_own_and_missing_ones_the_first() {
        let column = vec![3.0, 1.0, f32::NAN, 2.0, 1.0];
        let binned = Binned::new(&Matrix::new(5, vec![column]).unwrap());
        assert_eq!(binned.borders, [vec![f32::MIN, 1.5, 2.5]]);
        assert_eq!(binned.bins, [vec![3, 1, 0, 2, 1]]);
        assert_eq!(binned.below(0, 1.5), 1);
    }

    #[test]
    fn many_values_are_cut_at_quantiles() {
        let column: Vec<f32> = (0..10_000_u16)
            .map(|value| f32::from(value).exp2().min(1e30))
            .collect();
        let spread: Vec<f32> = (0..10_000_u16)
            .map(|value| f32::from(value).powi(3))
            .collect();
        let binned = Binned::new(&Matrix::new(10_000, vec![column, spread]).unwrap());
        assert!(binned.borders[0].len() <= MOST_BORDERS);
        assert_eq!(binned.borders[1].len(), MOST_BORDERS);
        let mut counts = [0; 256];
        for bin in &binned.bins[1] {
            counts[usize::from(*bin)] += 1;
        }
        assert!(
            counts[..=MOST_BORDERS]
                .iter()
                .all(|count| (70..90).contains(count))
        );
    }

    #[test]
    fn a_border_lies_below_the_higher_of_two_neighbouring_floats() {
        let (low, high) = (1.0_f32, f32::from_bits(1.0_f32.to_bits() + 1));
        let borders = borders(&[low, high]);
        assert_eq!(borders, [low]);
    }
}
