//! Whether what is asked about still looks like what was learned from.
//!
//! For each column the population stability index over bins of as many rows of the reference each,
//! with what is missing in a bin of its own, and for numbers the distance of Kolmogorov and Smirnov.
//! An index alone is no proof with few rows and a small distance no matter with many, so a column
//! has drifted only where the index is large and chance alone would hardly show it: times n·m/(n+m),
//! the index is chi-squared with a degree of freedom less than bins where nothing has changed
//! (Yurdakul, Statistical properties of population stability index, 2018). Chances are adjusted over
//! all tests of a check after Holm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::chance::{chi_squared, holm, kolmogorov};
use super::policy::Policy;

/// Bins of a column of numbers, before those that meet in one value.
const BINS: usize = 10;
/// Added to every bin's count, so that an empty one has no infinite index.
const SMOOTH: f64 = 0.5;
/// Columns that are told, those with the largest index.
const TOLD: usize = 10;

/// A column's values.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; NaN where one is missing.
    Numbers(Vec<f64>),
    /// Categories by number, with one of its own for what is missing.
    Words(Vec<u32>),
}

/// A column as it was learned from, and as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What was learned from, or rows spread over it.
    pub before: Values,
    /// How many rows these stand for.
    pub before_rows: usize,
    /// What is asked about lately, of the same kind.
    pub now: Values,
}

/// How far a column has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// The column.
    pub column: String,
    /// Population stability index.
    pub psi: f64,
    /// Largest distance of the distribution functions, for numbers.
    pub ks: Option<f64>,
    /// The chance to see so much where nothing changed, adjusted for all tests of the check.
    pub chance: f64,
    /// Whether it has drifted.
    pub drifted: bool,
}

/// What a check of all columns found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Rows looked at.
    pub rows: usize,
    /// Columns looked at.
    pub columns: usize,
    /// The columns that moved most, at most ten.
    pub moved: Vec<ColumnDrift>,
    /// Whether any has drifted.
    pub drifted: bool,
}

/// Looks at all columns of the rows of lately; none with fewer than the policy asks for.
pub fn drift(columns: &[Column], rows: usize, policy: &Policy) -> Option<Drift> {
    if rows < policy.least_rows as usize {
        return None;
    }
    // The chances of each column's tests: of the index, and of the distance where there is one.
    let mut chances = Vec::new();
    let mut moved = Vec::new();
    for column in columns {
        let (psi, of_index) = index(column);
        chances.push(of_index);
        let distance = match (&column.before, &column.now) {
            (Values::Numbers(before), Values::Numbers(now)) => {
                distance(before, column.before_rows, now)
            }
            _ => None,
        };
        if let Some((_, chance)) = distance {
            chances.push(chance);
        }
        moved.push(ColumnDrift {
            column: column.name.clone(),
            psi,
            ks: distance.map(|(distance, _)| distance),
            chance: 1.0,
            drifted: false,
        });
    }
    let mut adjusted = holm(&chances).into_iter();
    for column in &mut moved {
        let of_index = adjusted.next().unwrap_or(1.0);
        let of_distance = column.ks.and_then(|_| adjusted.next()).unwrap_or(1.0);
        column.chance = of_index.min(of_distance);
        column.drifted = column.psi >= policy.psi && column.chance < policy.alpha;
    }
    let drifted = moved.iter().any(|column| column.drifted);
    moved.sort_by(|one, two| {
        (two.drifted, two.psi)
            .partial_cmp(&(one.drifted, one.psi))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    moved.truncate(TOLD);
    Some(Drift {
        rows,
        columns: columns.len(),
        moved,
        drifted,
    })
}

/// The population stability index, and the chance to see so much of it where nothing changed.
fn index(column: &Column) -> (f64, f64) {
    let (before, now) = match (&column.before, &column.now) {
        (Values::Numbers(before), Values::Numbers(now)) => {
            let borders = borders(before);
            (binned(before, &borders), binned(now, &borders))
        }
        (Values::Words(before), Values::Words(now)) => (counted(before), counted(now)),
        // Columns of two kinds have nothing to compare.
        _ => return (0.0, 1.0),
    };
    let mut bins: Vec<u32> = before.keys().chain(now.keys()).copied().collect();
    bins.sort_unstable();
    bins.dedup();
    let total = |counts: &BTreeMap<u32, usize>| counts.values().sum::<usize>() as f64;
    let (of_before, of_now) = (total(&before), total(&now));
    if bins.len() < 2 || of_before < 1.0 || of_now < 1.0 {
        return (0.0, 1.0);
    }
    let count = bins.len() as f64;
    let share = |counts: &BTreeMap<u32, usize>, bin, rows: f64| {
        let there = counts.get(&bin).copied().unwrap_or_default() as f64;
        (there + SMOOTH) / (rows + SMOOTH * count)
    };
    let psi: f64 = bins
        .iter()
        .map(|bin| {
            let (was, is) = (share(&before, *bin, of_before), share(&now, *bin, of_now));
            (is - was) * (is / was).ln()
        })
        .sum();
    let stands_for = column.before_rows.max(1) as f64;
    let effective = stands_for * of_now / (stands_for + of_now);
    (psi, chi_squared(psi * effective, count - 1.0))
}

/// Borders between bins of as many known values each; those that meet are one.
fn borders(values: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = known(values);
    known.sort_by(f64::total_cmp);
    let mut borders: Vec<f64> = (1..BINS)
        .filter_map(|bin| known.get(bin * known.len() / BINS).copied())
        .collect();
    borders.dedup();
    borders
}

fn binned(values: &[f64], borders: &[f64]) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        let bin = if value.is_nan() {
            u32::MAX
        } else {
            let bin = borders.partition_point(|border| border <= value);
            u32::try_from(bin).unwrap_or(u32::MAX - 1)
        };
        *counts.entry(bin).or_default() += 1;
    }
    counts
}

fn counted(values: &[u32]) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(*value).or_default() += 1;
    }
    counts
}

fn known(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect()
}

/// The largest distance between the distribution functions of the known values, and the chance to
/// see one so large; none where one side knows none.
fn distance(before: &[f64], stands_for: usize, now: &[f64]) -> Option<(f64, f64)> {
    let share = before.len().max(1) as f64;
    let (mut before, mut now) = (known(before), known(now));
    if before.is_empty() || now.is_empty() {
        return None;
    }
    // What is missing is missing of the rows stood for as well.
    let stands_for = stands_for as f64 * before.len() as f64 / share;
    before.sort_by(f64::total_cmp);
    now.sort_by(f64::total_cmp);
    let mut farthest = 0.0_f64;
    for value in before.iter().chain(&now) {
        let below = |sorted: &[f64]| {
            sorted.partition_point(|other| other <= value) as f64 / sorted.len() as f64
        };
        farthest = farthest.max((below(&before) - below(&now)).abs());
    }
    let rows = now.len() as f64;
    let effective = stands_for * rows / (stands_for + rows);
    Some((farthest, kolmogorov(farthest, effective)))
}
