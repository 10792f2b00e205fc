//! What a model's answers stand on, kept with it when it is trained: how sure each region of
//! probabilities is, how probabilities were spread, and which values its columns had.

use serde::{Deserialize, Serialize};

use super::schema::{Kind, Schema};
use crate::trees::Matrix;

/// The level of intervals: this share of them holds the rate of leaving that they are about.
pub const LEVEL: f64 = 0.8;
/// The standard normal's quantile of that level, two-sided.
const Z: f64 = 1.281_551_565_544_600_4;
/// Most regions of probabilities.
const MOST_REGIONS: usize = 20;
/// Rows of a region, at least.
const LEAST_ROWS: usize = 100;
/// Quantiles of the probabilities that are kept, one more than steps.
const STEPS: usize = 200;
/// Bands of a column of numbers.
const BANDS: usize = 9;

/// Rows of about the same probability, left out when it was told of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Probabilities up to here are of this region; the last has those above too.
    pub up_to: f64,
    /// The mean probability of its rows.
    pub mean: f64,
    /// Its rows.
    pub rows: usize,
    /// The share of them that left lies between these, at [`LEVEL`].
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

/// A value of a column, as it was seen in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The middle of a band of numbers.
    Number(f32),
    /// A category.
    Category(String),
}

/// A column's values, as they were seen in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSeen {
    /// The column.
    pub column: String,
    /// Values, each with how many rows had it, or were in its band.
    pub values: Vec<(Seen, usize)>,
}

/// What a model's answers stand on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grounds {
    /// Regions of probabilities, from the lowest.
    pub regions: Vec<Region>,
    /// Quantiles of the probabilities of left-out rows, evenly spaced from the lowest to the
    /// highest.
    pub spread: Vec<f64>,
    /// Values of columns.
    pub columns: Vec<ColumnSeen>,
}

impl Grounds {
    /// Of probabilities told of left-out rows, the truth about them, and the rows as the model sees
    /// them.
    pub fn new(probabilities: &[f64], truth: &[bool], schema: &Schema, matrix: &Matrix) -> Self {
        let mut pairs: Vec<(f64, bool)> = probabilities
            .iter()
            .copied()
            .zip(truth.iter().copied())
            .collect();
        pairs.sort_by(|one, two| one.0.total_cmp(&two.0));
        let last = pairs.len().saturating_sub(1);
        let quantile = |step: usize| {
            pairs
                .get(step * last / STEPS)
                .map(|pair: &(f64, bool)| pair.0)
        };
        Self {
            regions: regions(&pairs),
            spread: (0..=STEPS).filter_map(quantile).collect(),
            columns: columns(schema, matrix),
        }
    }

    /// The interval of a probability at [`LEVEL`]: of rows that look so, this share leaves. It is the
    /// binomial uncertainty (Wilson) of the left-out rows of the same region, moved to where in the
    /// region the probability is, and holds the probability itself.
    pub fn interval(&self, probability: f64) -> Option<(f64, f64)> {
        let place = self
            .regions
            .partition_point(|region| region.up_to < probability)
            .min(self.regions.len().checked_sub(1)?);
        let region = self.regions.get(place)?;
        let moved = |bound: f64| (probability + bound - region.mean).clamp(0.0, 1.0);
        let (low, high) = (moved(region.low), moved(region.high));
        Some((low.min(probability), high.max(probability)))
    }

    /// The values of a column.
    pub fn seen(&self, column: &str) -> &[(Seen, usize)] {
        let found = self.columns.iter().find(|seen| seen.column == column);
        found.map_or(&[], |seen| &seen.values)
    }
}

fn regions(pairs: &[(f64, bool)]) -> Vec<Region> {
    let count = (pairs.len() / LEAST_ROWS).clamp(1, MOST_REGIONS);
    let mut regions = Vec::with_capacity(count);
    for place in 0..count {
        let (from, to) = (
            place * pairs.len() / count,
            (place + 1) * pairs.len() / count,
        );
        let rows = pairs.get(from..to).unwrap_or_default();
        let Some((last, _)) = rows.last() else {
            continue;
        };
        // Halfway to the first row of the next region.
        let up_to = pairs
            .get(to)
            .map_or(*last, |(next, _)| f64::midpoint(*last, *next));
        let yes = rows.iter().filter(|row| row.1).count() as f64;
        let count = rows.len() as f64;
        let (low, high) = wilson(yes, count);
        regions.push(Region {
            up_to,
            mean: rows.iter().map(|row| row.0).sum::<f64>() / count,
            rows: rows.len(),
            low,
            high,
        });
    }
    regions
}

/// Wilson's interval of a share at [`LEVEL`].
fn wilson(yes: f64, rows: f64) -> (f64, f64) {
    let share = yes / rows;
    let square = Z * Z;
    let middle = (share + square / (2.0 * rows)) / (1.0 + square / rows);
    let variance = share * (1.0 - share) / rows + square / (4.0 * rows * rows);
    let half = Z * variance.sqrt() / (1.0 + square / rows);
    (middle - half, middle + half)
}

fn columns(schema: &Schema, matrix: &Matrix) -> Vec<ColumnSeen> {
    let mut found: Vec<ColumnSeen> = Vec::new();
    for (feature, values) in schema.features.iter().zip(matrix.columns()) {
        let seen = match &feature.kind {
            Kind::Number => bands(values),
            // What is missing is nothing that one could choose.
            Kind::Category(name) if name.is_empty() => Vec::new(),
            Kind::Category(name) => {
                let rows = values.iter().filter(|value| **value > 0.5).count();
                vec![(Seen::Category(name.clone()), rows)]
            }
        };
        match found.last_mut() {
            Some(last) if last.column == feature.column => last.values.extend(seen),
            _ => found.push(ColumnSeen {
                column: feature.column.clone(),
                values: seen,
            }),
        }
    }
    found
}

/// The middles of bands of as many rows each, those that are equal as one.
fn bands(values: &[f32]) -> Vec<(Seen, usize)> {
    let mut known: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    known.sort_by(f32::total_cmp);
    let mut found: Vec<(f32, usize)> = Vec::new();
    for band in 0..BANDS {
        let (from, to) = (band * known.len() / BANDS, (band + 1) * known.len() / BANDS);
        let Some(middle) = known.get(usize::midpoint(from, to)).filter(|_| to > from) else {
            continue;
        };
        match found.last_mut() {
            Some((value, rows)) if value.total_cmp(middle).is_eq() => *rows += to - from,
            _ => found.push((*middle, to - from)),
        }
    }
    let seen = |(value, rows)| (Seen::Number(value), rows);
    found.into_iter().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn wilson_is_what_the_formula_gives() {
        // 20 of 100 at z = 1.28155: worked out by hand.
        let (low, high) = wilson(20.0, 100.0);
        assert!(
            (low - 0.153_69).abs() < 1e-4 && (high - 0.256_00).abs() < 1e-4,
            "{low} {high}"
        );
        let (low, high) = wilson(0.0, 50.0);
        assert!(low.abs() < 1e-12 && high > 0.02);
    }

    #[test]
    fn an_interval_holds_its_probability_and_regions_meet() {
        let mut random = Random::new(2);
        let likely: Vec<f64> = (0..1500).map(|_| random.unit().powi(2)).collect();
        let truth: Vec<bool> = likely
            .iter()
            .map(|likely| random.unit() < *likely)
            .collect();
        let schema = Schema {
            target: super::super::schema::Target {
                column: "left".to_owned(),
            },
            features: Vec::new(),
            dropped: Vec::new(),
        };
        let grounds = Grounds::new(&likely, &truth, &schema, &Matrix::default());
        assert_eq!((grounds.regions.len(), grounds.spread.len()), (15, 201));
        assert!(
            grounds
                .regions
                .windows(2)
                .all(|pair| pair[0].up_to <= pair[1].up_to)
        );
        assert!(grounds.spread.is_sorted());
        for step in 0..=100 {
            let probability = f64::from(step) / 100.0;
            let (low, high) = grounds.interval(probability).unwrap();
            assert!((0.0..=probability).contains(&low) && (probability..=1.0).contains(&high));
            assert!(high - low > 0.01 && high - low < 0.3, "{low} {high}");
        }
    }

    #[test]
    fn bands_have_all_rows_and_equal_middles_are_one() {
        let values: Vec<f32> = (0..90_u8).map(|row| f32::from(row / 30)).collect();
        let found = bands(&values);
        assert_eq!(found.len(), 3);
        assert_eq!(found.iter().map(|(_, rows)| rows).sum::<usize>(), 90);
        assert!(bands(&[f32::NAN]).is_empty());
    }
}
