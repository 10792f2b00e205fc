//! Rows that versions are measured on: whether they are enough, and how a bootstrap draws them.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

use super::policy::Policy;
use crate::random::Random;

/// With fewer rows of a class nothing is measured.
pub const LEAST_OF_CLASS: usize = 20;
/// With fewer weeks nothing is measured: what moves all series in a week is one thing seen once.
pub const LEAST_WEEKS: usize = 6;
/// With fewer series nothing is measured.
pub const LEAST_SERIES: usize = 8;

/// Rows, by what they have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    /// People, each a row that has nothing to do with the others.
    People {
        /// How many.
        rows: usize,
        /// Those of them that left.
        left: usize,
    },
    /// Weeks of series: rows of one series have that in common, and so have rows of one week.
    Weeks {
        /// The place of each row's series.
        series: Vec<usize>,
        /// The place of each row's week.
        weeks: Vec<usize>,
    },
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Rows.
    pub rows: usize,
    /// Those that left; none of weeks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<usize>,
    /// Different series; none of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<usize>,
    /// Different weeks; none of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weeks: Option<usize>,
}

impl Sample {
    /// People of whom it is known whether they left.
    pub fn people(left: &[bool]) -> Self {
        Self::People {
            rows: left.len(),
            left: left.iter().filter(|left| **left).count(),
        }
    }

    /// How many there are.
    pub fn counted(&self) -> Counted {
        match self {
            Self::People { rows, left } => Counted {
                rows: *rows,
                left: Some(*left),
                ..Counted::default()
            },
            Self::Weeks { series, weeks } => Counted {
                rows: series.len(),
                series: Some(different(series)),
                weeks: Some(different(weeks)),
                ..Counted::default()
            },
        }
    }

    /// Whether anything can be said of them.
    pub fn is_enough(&self, policy: &Policy) -> bool {
        let enough_rows = |rows: usize| rows >= policy.least_outcomes as usize;
        match self {
            Self::People { rows, left } => {
                let stayed = rows.saturating_sub(*left);
                enough_rows(*rows) && *left >= LEAST_OF_CLASS && stayed >= LEAST_OF_CLASS
            }
            Self::Weeks { series, weeks } => {
                enough_rows(series.len())
                    && different(series) >= LEAST_SERIES
                    && different(weeks) >= LEAST_WEEKS
            }
        }
    }

    /// The share of draws outside a bound of this confidence.
    ///
    /// Draws of few things are spread less than the mean of so few is; for weeks and series, of which
    /// there may be six, the share is made as much smaller as Student's distribution asks for (the
    /// expanded percentile of Hesterberg, *What Teachers Should Know About the Bootstrap*, 2015).
    pub(super) fn outside(&self, confidence: f64) -> f64 {
        let outside = 1.0 - confidence;
        let Self::Weeks { series, weeks } = self else {
            return outside;
        };
        let count = different(series).min(different(weeks)) as f64;
        let student = StudentsT::new(0.0, 1.0, count - 1.0);
        let (Ok(student), Ok(normal)) = (student, Normal::new(0.0, 1.0)) else {
            return 0.0;
        };
        normal.cdf((count / (count - 1.0)).sqrt() * student.inverse_cdf(outside))
    }

    /// The draws of a bootstrap, with replacement: how often each row was drawn. Bounds that lie far out
    /// need more draws.
    ///
    /// Of weeks of series both are drawn, each for itself, and a row counts as often as its series and
    /// its week came together (Owen, *The pigeonhole bootstrap*, 2007).
    pub(super) fn drawn(&self, seed: u64) -> Box<dyn Iterator<Item = Vec<u32>> + '_> {
        let mut random = Random::new(seed);
        match self {
            Self::People { rows, .. } => {
                Box::new((0..2_000).map(move |_| often(*rows, &mut random)))
            }
            Self::Weeks { series, weeks } => {
                let counts = (most(series), most(weeks));
                let of = |often: &[u32], place: usize| often.get(place).copied().unwrap_or(0);
                Box::new((0..10_000).map(move |_| {
                    let by_series = often(counts.0, &mut random);
                    let by_week = often(counts.1, &mut random);
                    let rows = series.iter().zip(weeks);
                    rows.map(|(series, week)| of(&by_series, *series) * of(&by_week, *week))
                        .collect()
                }))
            }
        }
    }
}

/// How often each of so many was drawn in so many draws.
fn often(count: usize, random: &mut Random) -> Vec<u32> {
    let mut often = vec![0; count];
    for _ in 0..count {
        if let Some(often) = often.get_mut(random.below(count)) {
            *often += 1;
        }
    }
    often
}

fn most(places: &[usize]) -> usize {
    places.iter().max().map_or(0, |most| most + 1)
}

fn different(places: &[usize]) -> usize {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}
