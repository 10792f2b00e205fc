//! Cross-validation in lockstep: how many trees serve best on rows that they were not grown on,
//! and what they say of those rows.

use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::boost::{Boosting, Settings, sigmoid};
use crate::random::Random;

/// Trees without an improvement after which a run ends.
const PATIENCE: usize = 50;
/// A probability this near to 0 or 1 counts as this near.
const LEAST: f64 = 1e-15;

/// Divides rows into `count` folds with as many of each class, as good as that goes; a row's fold.
pub fn folds(truth: &[bool], count: usize, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    let mut fold_of = vec![0; truth.len()];
    for class in [false, true] {
        let mut rows: Vec<usize> = (0..truth.len())
            .filter(|row| truth.get(*row) == Some(&class))
            .collect();
        random.shuffle(&mut rows);
        for (place, row) in rows.into_iter().enumerate() {
            if let Some(fold) = fold_of.get_mut(row) {
                *fold = place % count.max(1);
            }
        }
    }
    fold_of
}

/// One run a fold, all grown tree by tree together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cross {
    fold_of: Vec<usize>,
    runs: Vec<Boosting>,
    /// Mean log-loss of the rows left out, after each tree.
    losses: Vec<f64>,
}

impl Cross {
    /// Begins one run for each of `count` folds.
    pub fn new(settings: Settings, seed: u64, truth: &[bool], count: usize) -> Self {
        let fold_of = folds(truth, count, seed);
        let runs = (0..count).map(|fold| {
            let seed = Random::part(seed, fold as u64).bits();
            Boosting::new(settings, seed, truth, &others(&fold_of, fold))
        });
        Self {
            runs: runs.collect(),
            fold_of,
            losses: Vec::new(),
        }
    }

    /// Grows one tree in every run. False once no improvement is to be expected, or `most` trees
    /// are there.
    pub fn step(&mut self, data: &Binned, truth: &[bool], most: usize) -> bool {
        if self.losses.len() >= most || self.losses.len() >= self.best().0 + PATIENCE {
            return false;
        }
        let mut loss = 0.0;
        for (fold, run) in self.runs.iter_mut().enumerate() {
            run.step(data, truth, &others(&self.fold_of, fold));
            let judged = run.log_odds(data).iter().zip(truth).zip(&self.fold_of);
            loss += judged
                .filter(|(_, of)| **of == fold)
                .map(|((log_odds, truth), _)| {
                    let likely = sigmoid(*log_odds);
                    let right = if *truth { likely } else { 1.0 - likely };
                    -right.max(LEAST).ln()
                })
                .sum::<f64>();
        }
        self.losses.push(loss / truth.len().max(1) as f64);
        true
    }

    /// The number of trees with the least loss, and that loss; 0 and infinity before any tree.
    pub fn best(&self) -> (usize, f64) {
        let mut best = (0, f64::INFINITY);
        for (count, loss) in (1..).zip(&self.losses) {
            if *loss < best.1 {
                best = (count, *loss);
            }
        }
        best
    }

    /// Trees grown in each run.
    pub fn grown(&self) -> usize {
        self.losses.len()
    }

    /// Log-odds of every row by the best number of trees of the run that left it out.
    pub fn left_out(&self, data: &Binned) -> Vec<f64> {
        let mut log_odds = vec![0.0; data.rows];
        for (fold, run) in self.runs.iter().enumerate() {
            let all = run.log_odds_at(data, self.best().0);
            for ((slot, said), of) in log_odds.iter_mut().zip(all).zip(&self.fold_of) {
                if *of == fold {
                    *slot = said;
                }
            }
        }
        log_odds
    }
}

fn others(fold_of: &[usize], fold: usize) -> Vec<usize> {
    (0..fold_of.len())
        .filter(|row| fold_of.get(*row) != Some(&fold))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_have_as_many_of_each_class() {
        let truth: Vec<bool> = (0..103).map(|row| row % 10 == 0).collect();
        let fold_of = folds(&truth, 5, 3);
        for fold in 0..5 {
            let yes = (0..103)
                .filter(|row| fold_of[*row] == fold && truth[*row])
                .count();
            let all = fold_of.iter().filter(|of| **of == fold).count();
            assert!(
                (2..=3).contains(&yes) && (20..=22).contains(&all),
                "{yes} {all}"
            );
        }
    }
}
