//! Boosting: tree after tree on what the trees before got wrong. Its state can be kept at any
//! tree and taken up again, to the same bytes.

use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::forest::{Forest, Tree};
use super::grow::{Sample, grow};
use crate::random::Random;
use crate::{MlError, Result};

/// How trees are grown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Levels of a tree, 1 to 8.
    pub depth: usize,
    /// The part of a Newton step that is taken, above 0 to 1.
    pub rate: f64,
    /// Added to the second derivatives of every leaf; above 0.
    pub l2: f64,
    /// The share of rows that each tree sees, above 0 to 1.
    pub rows: f64,
    /// The share of features that each level may ask, above 0 to 1.
    pub features: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            depth: 4,
            rate: 0.05,
            l2: 3.0,
            rows: 0.7,
            features: 0.5,
        }
    }
}

impl Settings {
    /// Refuses what is outside its range.
    pub fn check(&self) -> Result<()> {
        let part = |value: f64| value > 0.0 && value <= 1.0;
        let rules = [
            ("depth", (1..=8).contains(&self.depth), "must be 1 to 8"),
            ("rate", part(self.rate), "must be above 0 and at most 1"),
            (
                "l2",
                self.l2 > 0.0 && self.l2.is_finite(),
                "must be above 0",
            ),
            ("rows", part(self.rows), "must be above 0 and at most 1"),
            (
                "features",
                part(self.features),
                "must be above 0 and at most 1",
            ),
        ];
        match rules.into_iter().find(|(_, kept, _)| !kept) {
            None => Ok(()),
            Some((field, _, rule)) => Err(MlError::Setting {
                field,
                rule: rule.to_owned(),
            }),
        }
    }
}

/// The probability of log-odds.
pub fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// A run of boosting: what must be kept to go on, and what follows from it and the data. It is to
/// be kept in a form that loses no bit of a float, such as `MessagePack`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boosting {
    settings: Settings,
    random: Random,
    forest: Forest,
    /// Log-odds of every row of the data so far; made anew after the state was read back.
    #[serde(skip)]
    log_odds: Vec<f64>,
}

impl Boosting {
    /// Begins a run on the rows at `rows` of `truth`.
    pub fn new(settings: Settings, seed: u64, truth: &[bool], rows: &[usize]) -> Self {
        let yes = rows
            .iter()
            .filter(|row| truth.get(**row) == Some(&true))
            .count();
        let share = (yes as f64 + 0.5) / (rows.len() as f64 + 1.0);
        Self {
            settings,
            random: Random::new(seed),
            forest: Forest {
                base: (share / (1.0 - share)).ln(),
                trees: Vec::new(),
            },
            log_odds: Vec::new(),
        }
    }

    /// The trees so far.
    pub fn forest(&self) -> &Forest {
        &self.forest
    }

    /// The trees.
    pub fn into_forest(self) -> Forest {
        self.forest
    }

    /// Log-odds of every row of the data, those not trained on included.
    pub fn log_odds(&mut self, data: &Binned) -> &[f64] {
        if self.log_odds.len() != data.rows {
            self.log_odds = vec![self.forest.base; data.rows];
            for tree in &self.forest.trees {
                add(tree, data, &mut self.log_odds);
            }
        }
        &self.log_odds
    }

    /// Log-odds of every row by the first `count` trees alone.
    pub fn log_odds_at(&self, data: &Binned, count: usize) -> Vec<f64> {
        let mut log_odds = vec![self.forest.base; data.rows];
        for tree in self.forest.trees.iter().take(count) {
            add(tree, data, &mut log_odds);
        }
        log_odds
    }

    /// Grows one more tree on the rows at `rows`, which must be those that the run began with.
    pub fn step(&mut self, data: &Binned, truth: &[bool], rows: &[usize]) {
        self.log_odds(data);
        let mut random = self.random;
        let mut sampled = Vec::with_capacity(rows.len());
        let mut slopes = Vec::with_capacity(rows.len());
        for row in rows {
            if random.unit() >= self.settings.rows {
                continue;
            }
            if let (Some(log_odds), Some(truth)) = (self.log_odds.get(*row), truth.get(*row)) {
                let likely = sigmoid(*log_odds);
                sampled.push(*row);
                slopes.push([
                    likely - f64::from(u8::from(*truth)),
                    likely * (1.0 - likely),
                ]);
            }
        }
        let features: Vec<Vec<usize>> = (0..self.settings.depth)
            .map(|_| self.some_features(data.borders.len(), &mut random))
            .collect();
        let mut tree = grow(&Sample {
            data,
            rows: &sampled,
            slopes: &slopes,
            features: &features,
            l2: self.settings.l2,
        });
        for value in &mut tree.leaves {
            *value *= self.settings.rate;
        }
        add(&tree, data, &mut self.log_odds);
        self.random = random;
        self.forest.trees.push(tree);
    }

    fn some_features(&self, count: usize, random: &mut Random) -> Vec<usize> {
        let mut places: Vec<usize> = (0..count).collect();
        random.shuffle(&mut places);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let some = (count as f64 * self.settings.features).ceil() as usize;
        places.truncate(some.max(1));
        places.sort_unstable();
        places
    }
}

/// Adds what a tree says of every row.
fn add(tree: &Tree, data: &Binned, log_odds: &mut [f64]) {
    let mut leaves = vec![0_usize; log_odds.len()];
    for (level, split) in tree.splits.iter().enumerate() {
        let below = data.below(split.feature, split.border);
        for (leaf, bin) in leaves
            .iter_mut()
            .zip(data.bins.get(split.feature).into_iter().flatten())
        {
            *leaf |= usize::from(*bin > below) << level;
        }
    }
    for (sum, leaf) in log_odds.iter_mut().zip(leaves) {
        *sum += tree.leaves.get(leaf).copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::cast_possible_truncation,
        reason = "random numbers, in single precision as features are"
    )]

    use super::*;
    use crate::trees::Matrix;

    /// Two features that matter together, one that doesn't, some values missing.
    fn data(rows: usize) -> (Matrix, Vec<bool>) {
        let mut random = Random::new(5);
        let mut columns = vec![Vec::new(); 3];
        let mut truth = Vec::new();
        for _ in 0..rows {
            let (one, two) = (random.unit(), random.unit());
            let missing = random.unit() < 0.1;
            columns[0].push(if missing { f32::NAN } else { one as f32 });
            columns[1].push(two as f32);
            columns[2].push(random.unit() as f32);
            let likely = if missing || (one > 0.5) == (two > 0.3) {
                0.9
            } else {
                0.1
            };
            truth.push(random.unit() < likely);
        }
        (Matrix::new(rows, columns).unwrap(), truth)
    }

    fn run(boosting: &mut Boosting, data: &Binned, truth: &[bool], rows: &[usize], trees: usize) {
        for _ in 0..trees {
            boosting.step(data, truth, rows);
        }
    }

    #[test]
    fn an_interaction_and_missing_values_are_learned() {
        let (matrix, truth) = data(4000);
        let binned = Binned::new(&matrix);
        let rows: Vec<usize> = (0..2000).collect();
        let mut boosting = Boosting::new(Settings::default(), 1, &truth, &rows);
        run(&mut boosting, &binned, &truth, &rows, 80);
        let forest = boosting.forest();
        let right = (2000..4000)
            .filter(|row| (forest.log_odds(&matrix.row(*row)) > 0.0) == truth[*row])
            .count();
        assert!(right > 1740, "{right} of 2000, at best 1800");
    }

    #[test]
    fn bins_and_values_give_the_same_answers() {
        let (matrix, truth) = data(500);
        let binned = Binned::new(&matrix);
        let rows: Vec<usize> = (0..400).collect();
        let mut boosting = Boosting::new(Settings::default(), 1, &truth, &rows);
        run(&mut boosting, &binned, &truth, &rows, 30);
        let by_bins = boosting.log_odds(&binned).to_vec();
        for (row, by_bins) in by_bins.iter().enumerate() {
            let by_values = boosting.forest().log_odds(&matrix.row(row));
            assert!((by_bins - by_values).abs() < 1e-12);
        }
    }

    #[test]
    fn a_run_that_was_kept_and_taken_up_again_ends_in_the_same_bytes() {
        let (matrix, truth) = data(500);
        let binned = Binned::new(&matrix);
        let rows: Vec<usize> = (0..500).collect();
        let mut whole = Boosting::new(Settings::default(), 9, &truth, &rows);
        let mut parts = whole.clone();
        run(&mut whole, &binned, &truth, &rows, 20);
        for _ in 0..4 {
            let kept = rmp_serde::to_vec(&parts).unwrap();
            parts = rmp_serde::from_slice(&kept).unwrap();
            run(&mut parts, &binned, &truth, &rows, 5);
        }
        assert_eq!(
            rmp_serde::to_vec(&parts).unwrap(),
            rmp_serde::to_vec(&whole).unwrap()
        );
    }

    #[test]
    fn settings_outside_their_ranges_are_named() {
        let wrong = Settings {
            rate: 0.0,
            ..Settings::default()
        };
        let message = wrong.check().unwrap_err().to_string();
        assert_eq!(message, "rate: must be above 0 and at most 1");
        assert!(Settings::default().check().is_ok());
    }
}
