//! Trees as they are kept and asked.

use serde::{Deserialize, Serialize};

/// A question: is this feature greater than this border? No, where it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// The feature's place.
    pub feature: usize,
    /// The border.
    pub border: f32,
}

impl Split {
    /// The answer for one row of features.
    pub fn passes(self, row: &[f32]) -> bool {
        row.get(self.feature)
            .is_some_and(|value| *value > self.border)
    }
}

/// One oblivious tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// One question a level. The answer of level k is bit k of the leaf's place.
    pub splits: Vec<Split>,
    /// What each leaf adds to the log-odds; 2^levels of them.
    pub leaves: Vec<f64>,
    /// Rows of the training data in each leaf.
    pub cover: Vec<u32>,
}

impl Tree {
    /// The place of a row's leaf.
    pub fn leaf(&self, row: &[f32]) -> usize {
        let mut leaf = 0;
        for (level, split) in self.splits.iter().enumerate() {
            leaf |= usize::from(split.passes(row)) << level;
        }
        leaf
    }

    /// What it adds to a row's log-odds.
    pub fn value(&self, row: &[f32]) -> f64 {
        self.leaves.get(self.leaf(row)).copied().unwrap_or_default()
    }
}

/// Trees whose values add up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// Log-odds before any tree.
    pub base: f64,
    /// The trees.
    pub trees: Vec<Tree>,
}

impl Forest {
    /// Log-odds of a row.
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        self.base + self.trees.iter().map(|tree| tree.value(row)).sum::<f64>()
    }

    /// The mean of several forests, as one.
    pub fn mean(forests: &[Self]) -> Self {
        let count = forests.len().max(1) as f64;
        let scaled = forests.iter().flat_map(|forest| &forest.trees).map(|tree| {
            let mut tree = tree.clone();
            for value in &mut tree.leaves {
                *value /= count;
            }
            tree
        });
        Self {
            base: forests.iter().map(|forest| forest.base).sum::<f64>() / count,
            trees: scaled.collect(),
        }
    }
}
