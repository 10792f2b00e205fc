//! How often the decisions are wrong, and how often they are right when there is something to find:
//! on rows made up here, whose truth is known.

use std::fmt;

use serde::Serialize;

use super::decide::{Decision, due, judge, live_error, review};
use super::drift::{Column, Values, drift};
use super::policy::Policy;
use crate::random::Random;
use crate::trees::sigmoid;

/// Columns of numbers, and of categories, in a check of drift.
const COLUMNS: (usize, usize) = (16, 4);
/// Rows that were learned from.
const LEARNED: usize = 2000;
/// Looks at a growing set of rows, twice as many each time.
const LOOKS: usize = 4;
/// Mean and spread of what all versions know, in log-odds.
const COMMON: (f64, f64) = (-1.0, 1.0);
/// The spread of what only one of two versions knows.
const OWN: f64 = 0.6;

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Drift is found in so many rows, where one of the columns moved by so many standard
    /// deviations.
    Drift {
        /// Rows of lately.
        rows: usize,
        /// How far.
        moved: f64,
    },
    /// The live loss is found to have risen in so many rows, where all log-odds moved by so much.
    Error {
        /// Live rows.
        rows: usize,
        /// How far.
        moved: f64,
    },
    /// A challenger is promoted, looked at up to four times, whose own knowledge has so many times the spread
    /// of the champion's.
    Promotion {
        /// 1: the two are equally good.
        spread: f64,
    },
    /// A champion is rolled back, looked at up to four times, that knows so many times as much as the one
    /// before.
    RollBack {
        /// 1: the two are equally good.
        spread: f64,
    },
}

impl Rule {
    fn kind(self) -> u64 {
        match self {
            Self::Drift { .. } => 0,
            Self::Error { .. } => 1,
            Self::Promotion { .. } => 2,
            Self::RollBack { .. } => 3,
        }
    }
}

/// How often it was decided so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// What was simulated.
    pub rule: Rule,
    /// How often.
    pub runs: usize,
    /// In so many of a thousand runs it was decided so.
    pub per_thousand: f64,
    /// The mean gain in log-loss, nats, where two versions were compared.
    pub gain: Option<f64>,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift { rows, moved } => {
                write!(
                    f,
                    "drift in {rows} rows, one of 20 columns moved by {moved} σ"
                )
            }
            Self::Error { rows, moved } => {
                write!(f, "error rose in {rows} rows, log-odds moved by {moved}")
            }
            Self::Promotion { spread } => {
                write!(f, "promotion, four looks, own knowledge × {spread}")
            }
            Self::RollBack { spread } => {
                write!(f, "rollback, four looks, own knowledge × {spread}")
            }
        }
    }
}

/// Simulates a rule under a policy.
pub fn simulate(rule: Rule, policy: &Policy, runs: usize, seed: u64) -> Rates {
    let (mut decided, mut gains) = (0_usize, Vec::new());
    // Rules of a kind meet the same rows, and rules of different kinds others.
    let seed = Random::part(seed, rule.kind()).bits();
    for run in 0..runs {
        let mut random = Random::part(seed, run as u64);
        let found = match rule {
            Rule::Drift { rows, moved } => drifted(&mut random, rows, moved, policy),
            Rule::Error { rows, moved } => rose(&mut random, rows, moved, policy),
            Rule::Promotion { spread } => {
                let (found, gain) = compared(&mut random, spread, true, policy);
                gains.push(gain);
                found
            }
            Rule::RollBack { spread } => {
                let (found, gain) = compared(&mut random, spread, false, policy);
                gains.push(gain);
                found
            }
        };
        decided += usize::from(found);
    }
    let gain = gains.iter().sum::<f64>() / gains.len().max(1) as f64;
    Rates {
        rule,
        runs,
        per_thousand: 1000.0 * decided as f64 / runs.max(1) as f64,
        gain: (!gains.is_empty()).then_some(gain),
    }
}

fn drifted(random: &mut Random, rows: usize, moved: f64, policy: &Policy) -> bool {
    let (numbers, words) = COLUMNS;
    let mut columns = Vec::new();
    for place in 0..numbers {
        let by = if place == 0 { moved } else { 0.0 };
        // Some are skewed, and some have missing values.
        let mut value = |by: f64| {
            let value = random.normal() + by;
            match place % 4 {
                1 => value.exp(),
                2 if random.unit() < 0.1 => f64::NAN,
                3 => value.round(),
                _ => value,
            }
        };
        columns.push(Column {
            name: format!("number {place}"),
            before: Values::Numbers((0..LEARNED).map(|_| value(0.0)).collect()),
            before_rows: LEARNED,
            now: Values::Numbers((0..rows).map(|_| value(by)).collect()),
        });
    }
    for place in 0..words {
        let mut drawn = |count| {
            let word = |_| u32::try_from(random.below(4 + place) * random.below(2)).unwrap_or(0);
            Values::Words((0..count).map(word).collect())
        };
        columns.push(Column {
            name: format!("words {place}"),
            before: drawn(LEARNED),
            before_rows: LEARNED,
            now: drawn(rows),
        });
    }
    drift(&columns, rows, policy).is_some_and(|found| found.drifted)
}

fn rose(random: &mut Random, rows: usize, moved: f64, policy: &Policy) -> bool {
    // The loss on held-out rows is known from so many of them, as it is of a training.
    let mut sample = |rows, moved: f64| {
        let (mut likely, mut truth) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let odds = COMMON.0 + COMMON.1 * random.normal();
            likely.push(sigmoid(odds));
            truth.push(random.unit() < sigmoid(odds + moved));
        }
        (likely, truth)
    };
    let (likely, truth) = sample(LEARNED, 0.0);
    let held_out = super::compare::mean(&super::log_losses(&likely, &truth));
    let (likely, truth) = sample(rows, moved);
    live_error(&likely, &truth, held_out, policy, random.bits()).is_some_and(|found| found.rose)
}

/// Whether the second version of two takes the place of the first at any of the looks, and by how much its
/// loss is smaller in truth.
fn compared(random: &mut Random, spread: f64, promotes: bool, policy: &Policy) -> (bool, f64) {
    let (mut first, mut second, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    let (mut looked_at, mut gain) = (None, 0.0);
    let most = (policy.least_outcomes as usize) << (LOOKS - 1);
    let of = |common: f64, own: f64, unknown: f64| {
        // What is not known makes the mean of the probabilities less certain, by about so much.
        sigmoid((common + own) / (1.0 + unknown * unknown * std::f64::consts::PI / 8.0).sqrt())
    };
    let mut found = false;
    for rows in 1..=most {
        let common = COMMON.0 + COMMON.1 * random.normal();
        let (one, two) = (OWN * random.normal(), OWN * spread * random.normal());
        let chance = sigmoid(common + one + two);
        let (by_first, by_second) = (of(common, one, OWN * spread), of(common, two, OWN));
        first.push(by_first);
        second.push(by_second);
        truth.push(random.unit() < chance);
        let loss = |likely: f64| -(chance * likely.ln() + (1.0 - chance) * (1.0 - likely).ln());
        gain += loss(by_first) - loss(by_second);
        if !due(rows, looked_at, policy) {
            continue;
        }
        looked_at = Some(rows);
        let seed = random.bits();
        if promotes {
            match judge(&first, &second, &truth, false, policy, seed).decision {
                Decision::Promote => {
                    found = true;
                    break;
                }
                Decision::Drop => break,
                _ => {}
            }
        } else if review(&first, &second, &truth, policy, seed).is_some_and(|it| it.worse) {
            found = true;
            break;
        }
    }
    (found, gain / truth.len().max(1) as f64)
}
