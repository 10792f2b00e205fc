//! Why a row got its log-odds: exact Shapley values of every tree, added up.
//!
//! The value of a set of players is what a tree would say if only their answers were known: at a
//! question of another player both branches are followed, weighted by the training rows that went
//! there (path-dependent `TreeSHAP`: Lundberg and others, From local explanations to global
//! understanding with explainable AI for trees, 2020). A tree of depth d has at most d players, so
//! all their sets are gone through.

use super::forest::{Forest, Tree};

/// A row's log-odds as a sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What is said when nothing is known: the mean over the training rows.
    pub base: f64,
    /// What each player adds; with the base, the log-odds of the row.
    pub parts: Vec<f64>,
}

/// Explains a row. `player_of` names each feature's player, below `players`: features that stem from
/// one column are one player.
pub fn explain(forest: &Forest, row: &[f32], player_of: &[usize], players: usize) -> Explanation {
    let mut explanation = Explanation {
        base: forest.base,
        parts: vec![0.0; players],
    };
    for tree in &forest.trees {
        one(tree, row, player_of, &mut explanation);
    }
    explanation
}

fn one(tree: &Tree, row: &[f32], player_of: &[usize], explanation: &mut Explanation) {
    let mut players = Vec::new();
    let asked: Vec<Question> = tree
        .splits
        .iter()
        .map(|split| {
            let player = player_of.get(split.feature).copied().unwrap_or_default();
            let known = players.iter().position(|other| *other == player);
            let place = known.unwrap_or_else(|| {
                players.push(player);
                players.len() - 1
            });
            Question {
                player: place,
                answer: usize::from(split.passes(row)),
            }
        })
        .collect();
    let nodes = Nodes::new(tree);
    let values: Vec<f64> = (0..1_usize << players.len())
        .map(|set| nodes.value(&asked, set, 0, 0))
        .collect();
    explanation.base += values.first().copied().unwrap_or_default();
    let weights = weights(players.len());
    for (place, player) in players.iter().enumerate() {
        let alone = 1 << place;
        let mut part = 0.0;
        for (set, without) in values
            .iter()
            .enumerate()
            .filter(|(set, _)| set & alone == 0)
        {
            let with = values.get(set | alone).copied().unwrap_or_default();
            let weight = weights
                .get(set.count_ones() as usize)
                .copied()
                .unwrap_or_default();
            part += weight * (with - without);
        }
        if let Some(sum) = explanation.parts.get_mut(*player) {
            *sum += part;
        }
    }
}

/// The weight of a set of each size that one of `players` may join: size! (players-1-size)! / players!.
fn weights(players: usize) -> Vec<f64> {
    let mut weights = Vec::with_capacity(players);
    let mut weight = 1.0 / players.max(1) as f64;
    for size in 0..players {
        weights.push(weight);
        weight *= (size + 1) as f64 / players.saturating_sub(size + 1).max(1) as f64;
    }
    weights
}

struct Question {
    player: usize,
    answer: usize,
}

/// Training rows at every node: by level, then by the answers so far.
struct Nodes<'a> {
    tree: &'a Tree,
    rows: Vec<Vec<f64>>,
}

impl<'a> Nodes<'a> {
    fn new(tree: &'a Tree) -> Self {
        let depth = tree.splits.len();
        let rows = (0..=depth).map(|level| {
            let mut rows = vec![0.0; 1 << level];
            for (leaf, count) in tree.cover.iter().enumerate() {
                if let Some(sum) = rows.get_mut(leaf & ((1 << level) - 1)) {
                    *sum += f64::from(*count);
                }
            }
            rows
        });
        Self {
            tree,
            rows: rows.collect(),
        }
    }

    fn at(&self, level: usize, node: usize) -> f64 {
        self.rows
            .get(level)
            .and_then(|rows| rows.get(node))
            .copied()
            .unwrap_or_default()
    }

    /// What is expected below a node when the answers of `set` are known.
    fn value(&self, asked: &[Question], set: usize, level: usize, node: usize) -> f64 {
        let Some(question) = asked.get(level) else {
            return self.tree.leaves.get(node).copied().unwrap_or_default();
        };
        let below = |answer: usize| self.value(asked, set, level + 1, node | answer << level);
        if set >> question.player & 1 == 1 {
            return below(question.answer);
        }
        let (no, yes) = (
            self.at(level + 1, node),
            self.at(level + 1, node | 1 << level),
        );
        // Where no training row came, both branches weigh the same.
        let share = if no + yes > 0.0 {
            yes / (no + yes)
        } else {
            0.5
        };
        let (mut value, parts) = (0.0, [(1.0 - share, 0), (share, 1)]);
        for (share, answer) in parts {
            if share > 0.0 {
                value += share * below(answer);
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::cast_possible_truncation,
        reason = "random numbers, in single precision as features are"
    )]

    use super::*;
    use crate::random::Random;
    use crate::trees::Split;

    fn some_forest(random: &mut Random, features: usize) -> Forest {
        let trees = (0..6).map(|_| {
            let depth = 1 + random.below(5);
            Tree {
                splits: (0..depth)
                    .map(|_| Split {
                        feature: random.below(features),
                        border: random.unit() as f32,
                    })
                    .collect(),
                leaves: (0..1 << depth).map(|_| random.normal()).collect(),
                cover: (0..1 << depth).map(|_| random.below(4) as u32).collect(),
            }
        });
        Forest {
            base: 0.3,
            trees: trees.collect(),
        }
    }

    /// The expectation by the definition, from the leaves up, without the code above.
    fn expectation(tree: &Tree, row: &[f32], known: &[bool], level: usize, node: usize) -> f64 {
        if level == tree.splits.len() {
            return tree.leaves[node];
        }
        let count = |node: usize| -> f64 {
            let mask = (1 << (level + 1)) - 1;
            let inside = (0..tree.cover.len()).filter(|leaf| leaf & mask == node);
            inside.map(|leaf| f64::from(tree.cover[leaf])).sum()
        };
        let split = tree.splits[level];
        let (no, yes) = (node, node | 1 << level);
        if known[split.feature] {
            let next = if row[split.feature] > split.border {
                yes
            } else {
                no
            };
            return expectation(tree, row, known, level + 1, next);
        }
        let (rows_no, rows_yes) = (count(no), count(yes));
        let share = if rows_no + rows_yes > 0.0 {
            rows_yes / (rows_no + rows_yes)
        } else {
            0.5
        };
        (1.0 - share) * expectation(tree, row, known, level + 1, no)
            + share * expectation(tree, row, known, level + 1, yes)
    }

    fn factorial(number: usize) -> f64 {
        (1..=number).map(|factor| factor as f64).product()
    }

    #[test]
    fn shapley_values_are_those_of_all_subsets_of_players() {
        let mut random = Random::new(11);
        // Six features, of which the last three are one player.
        let player_of = [0, 1, 2, 3, 3, 3];
        for _ in 0..40 {
            let forest = some_forest(&mut random, 6);
            let row: Vec<f32> = (0..6)
                .map(|_| {
                    if random.unit() < 0.1 {
                        f32::NAN
                    } else {
                        random.unit() as f32
                    }
                })
                .collect();
            let value = |set: usize| -> f64 {
                let known: Vec<bool> = player_of
                    .iter()
                    .map(|player| set >> player & 1 == 1)
                    .collect();
                let trees = forest.trees.iter();
                forest.base
                    + trees
                        .map(|tree| expectation(tree, &row, &known, 0, 0))
                        .sum::<f64>()
            };
            let found = explain(&forest, &row, &player_of, 4);
            assert!((found.base - value(0)).abs() < 1e-9);
            for player in 0..4 {
                let mut part = 0.0;
                for set in (0..16_usize).filter(|set| set >> player & 1 == 0) {
                    let size = set.count_ones() as usize;
                    let weight = factorial(size) * factorial(3 - size) / factorial(4);
                    part += weight * (value(set | 1 << player) - value(set));
                }
                assert!((found.parts[player] - part).abs() < 1e-9, "{found:?}");
            }
            let sum = found.base + found.parts.iter().sum::<f64>();
            assert!((sum - forest.log_odds(&row)).abs() < 1e-9);
        }
    }
}
