//! One tree, level by level: the question that gains most over all leaves at once.

#![expect(
    clippy::indexing_slicing,
    reason = "a kernel over arrays that are made of one length a few lines above"
)]

use super::bins::Binned;
use super::forest::{Split, Tree};

/// What a tree is grown on.
pub struct Sample<'a> {
    /// All rows in bins.
    pub data: &'a Binned,
    /// The rows to grow on, ascending.
    pub rows: &'a [usize],
    /// First and second derivative of the loss by the log-odds, of each of `rows`.
    pub slopes: &'a [[f64; 2]],
    /// The features that may be asked, for each level.
    pub features: &'a [Vec<usize>],
    /// Added to the second derivatives of every leaf.
    pub l2: f64,
}

struct Best {
    gain: f64,
    feature: usize,
    bin: usize,
}

/// Grows a tree of as many levels as there are lists of features, fewer where no question gains.
/// The leaves' values are full Newton steps.
pub fn grow(sample: &Sample<'_>) -> Tree {
    let mut tree = Tree::default();
    let mut leaf_of = vec![0_usize; sample.rows.len()];
    let mut gained = score(&totals(sample, &leaf_of, 1), sample.l2);
    for (level, features) in sample.features.iter().enumerate() {
        let leaves = 1 << level;
        let Some(best) = best(sample, features, &leaf_of, leaves) else {
            break;
        };
        if best.gain <= gained * (1.0 + 1e-9) + 1e-12 {
            break;
        }
        gained = best.gain;
        let bins = &sample.data.bins[best.feature];
        for (leaf, row) in leaf_of.iter_mut().zip(sample.rows) {
            *leaf |= usize::from(usize::from(bins[*row]) > best.bin) << level;
        }
        tree.splits.push(Split {
            feature: best.feature,
            border: sample.data.borders[best.feature][best.bin],
        });
    }
    let leaves = 1 << tree.splits.len();
    tree.cover = vec![0; leaves];
    for leaf in &leaf_of {
        tree.cover[*leaf] += 1;
    }
    tree.leaves = totals(sample, &leaf_of, leaves)
        .iter()
        .map(|[slope, curve]| -slope / (curve + sample.l2))
        .collect();
    tree
}

fn totals(sample: &Sample<'_>, leaf_of: &[usize], leaves: usize) -> Vec<[f64; 2]> {
    let mut totals = vec![[0.0; 2]; leaves];
    for (leaf, slopes) in leaf_of.iter().zip(sample.slopes) {
        totals[*leaf][0] += slopes[0];
        totals[*leaf][1] += slopes[1];
    }
    totals
}

fn score(totals: &[[f64; 2]], l2: f64) -> f64 {
    totals
        .iter()
        .map(|[slope, curve]| slope * slope / (curve + l2))
        .sum()
}

/// The question with the highest score; the first of equal ones.
fn best(sample: &Sample<'_>, features: &[usize], leaf_of: &[usize], leaves: usize) -> Option<Best> {
    let totals = totals(sample, leaf_of, leaves);
    let mut best: Option<Best> = None;
    for feature in features {
        let borders = sample.data.borders[*feature].len();
        if borders == 0 {
            continue;
        }
        let width = borders + 1;
        let mut sums = vec![[0.0; 2]; leaves * width];
        let bins = &sample.data.bins[*feature];
        for ((row, leaf), slopes) in sample.rows.iter().zip(leaf_of).zip(sample.slopes) {
            let sum = &mut sums[leaf * width + usize::from(bins[*row])];
            sum[0] += slopes[0];
            sum[1] += slopes[1];
        }
        let mut gains = vec![0.0; borders];
        for (sums, total) in sums.chunks_exact(width).zip(&totals) {
            let mut low = [0.0; 2];
            for (gain, sum) in gains.iter_mut().zip(sums) {
                low[0] += sum[0];
                low[1] += sum[1];
                let high = [total[0] - low[0], total[1] - low[1]];
                *gain += low[0] * low[0] / (low[1] + sample.l2)
                    + high[0] * high[0] / (high[1].max(0.0) + sample.l2);
            }
        }
        for (bin, gain) in gains.into_iter().enumerate() {
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Best {
                    gain,
                    feature: *feature,
                    bin,
                });
            }
        }
    }
    best
}
