//! How often the decisions are wrong, and how often they are right when there is something to find:
//! on rows made up here, whose truth is known.

use std::fmt;

use serde::Serialize;

use super::calibrated::log_losses;
use super::compare::mean;
use super::decide::{Decision, due, judge, live_error, review};
use super::drift::{Column, Values, drift};
use super::policy::Policy;
use super::said::{Intervals, Probabilities};
use super::sample::Sample;
use crate::random::Random;
use crate::registry::Task;
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
/// Weeks at the last look at forecasters.
const WEEKS: usize = 24;
/// How differences of two forecasters' losses are spread: by week, by series, and beside both. So it was
/// between one of 97 daily series of streams and one that had been trained thirty days sooner.
const SPREAD: [f64; 3] = [0.02, 0.02, 0.11];

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
    /// Another forecaster is promoted, looked at up to three times, over 24 weeks.
    Forecasts {
        /// Series.
        series: usize,
        /// By how much its mean loss is smaller in truth. 0: the two are equally good.
        gain: f64,
    },
    /// A champion is rolled back, looked at up to four times, that knows so many times as much as the one
    /// before.
    RollBack {
        /// 1: the two are equally good.
        spread: f64,
    },
}

impl Rule {
    /// What the models are for that it is about.
    pub fn task(self) -> Task {
        match self {
            Self::Forecasts { .. } => Task::Forecast,
            _ => Task::Churn,
        }
    }

    fn kind(self) -> u64 {
        match self {
            Self::Drift { .. } => 0,
            Self::Error { .. } => 1,
            Self::Promotion { .. } => 2,
            Self::RollBack { .. } => 3,
            Self::Forecasts { .. } => 4,
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
    /// The mean gain in loss (nats, or MASE), where two versions were compared.
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
            Self::Forecasts { series, gain } => {
                write!(
                    f,
                    "promotion of a forecaster of {series} series, three looks, gain {gain}"
                )
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
            Rule::Forecasts { series, gain } => {
                gains.push(gain);
                forecasts(&mut random, series, gain, policy)
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
    let held_out = mean(&log_losses(&likely, &truth));
    let (likely, truth) = sample(rows, moved);
    let (losses, people) = (log_losses(&likely, &truth), Sample::people(&truth));
    live_error(&losses, held_out, &people, policy, random.bits()).is_some_and(|found| found.rose)
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
        let people = Sample::people(&truth);
        if !due(&people, looked_at, policy) {
            continue;
        }
        looked_at = Some(rows);
        let seed = random.bits();
        let said = |likely: &[f64]| Probabilities::new(likely, &truth);
        let (champion, other) = (said(&first), said(&second));
        if promotes {
            match judge(&champion, &other, &people, false, policy, seed).decision {
                Decision::Promote => {
                    found = true;
                    break;
                }
                Decision::Drop => break,
                _ => {}
            }
        } else if review(&champion, &other, &people, policy, seed).is_some_and(|it| it.worse) {
            found = true;
            break;
        }
    }
    (found, gain / truth.len().max(1) as f64)
}

/// Whether another forecaster is promoted at any look. Weeks and series have something in common, as
/// those of one artist do.
fn forecasts(random: &mut Random, series: usize, gain: f64, policy: &Policy) -> bool {
    let [by_week, by_series, beside] = SPREAD;
    let own: Vec<f64> = (0..series).map(|_| by_series * random.normal()).collect();
    let (mut places, mut weeks) = (Vec::new(), Vec::new());
    let (mut first, mut second) = (intervals(), intervals());
    let mut looked_at = None;
    for week in 0..WEEKS {
        let common = by_week * random.normal();
        for (place, own) in own.iter().enumerate() {
            let loss = 0.5 + 0.5 * random.unit();
            let better = gain + common + own + beside * random.normal();
            first.losses.push(loss);
            second.losses.push(loss - better);
            for said in [&mut first, &mut second] {
                let within = (0..7).filter(|_| random.unit() < said.level).count();
                said.within.push(within as f64 / 7.0);
            }
            places.push(place);
            weeks.push(week);
        }
        let sample = Sample::Weeks {
            series: places.clone(),
            weeks: weeks.clone(),
        };
        if !due(&sample, looked_at, policy) {
            continue;
        }
        looked_at = Some(places.len());
        match judge(&first, &second, &sample, false, policy, random.bits()).decision {
            Decision::Promote => return true,
            Decision::Drop => return false,
            _ => {}
        }
    }
    false
}

fn intervals() -> Intervals {
    Intervals {
        losses: Vec::new(),
        within: Vec::new(),
        level: 0.8,
    }
}
