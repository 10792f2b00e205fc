//! The next round numbers of totals and levels, and how likely they are reached when.

use chrono::NaiveDate;
use serde::Serialize;

use super::About;
use super::outlook::{Evidence, FEWEST_DAYS, Outlook, Tested, quantile};
use super::report::{Answer, Method, Window};
use super::series::{DailySeries, Nature};

/// Round numbers ahead of each series.
const AHEAD: usize = 3;
/// Days for which a probability is told, as far as the history reaches.
const TERMS: [usize; 4] = [7, 30, 60, 90];

/// Milestones of every series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Milestones {
    /// One a series.
    pub series: Vec<OfSeries>,
}

/// Milestones of one series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfSeries {
    /// The series.
    #[serde(flatten)]
    pub about: About,
    /// `total` since the first day, or `level`.
    pub counted: &'static str,
    /// How much it is on the last day.
    pub now: f64,
    /// The round numbers ahead, the nearest first.
    pub ahead: Vec<Milestone>,
    /// How they were made.
    pub method: Method,
    /// From what.
    pub window: Window,
    /// How good it was on days that it had not seen; null where none could be held out.
    pub held_out: Option<Evidence>,
}

/// A round number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Milestone {
    /// The number.
    pub target: f64,
    /// How likely it is reached by a day.
    pub by: Vec<Chance>,
    /// The days by which one in ten, half and nine in ten paths have reached it; null beyond the
    /// horizon.
    pub reached_10: Option<NaiveDate>,
    /// See `reached_10`.
    pub reached_50: Option<NaiveDate>,
    /// See `reached_10`.
    pub reached_90: Option<NaiveDate>,
}

/// How likely something is by a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chance {
    /// The day.
    pub date: NaiveDate,
    /// The probability, never quite 0 or 1.
    pub probability: f64,
}

/// The milestones of all totals that there is enough of.
pub fn find(totals: &[(&DailySeries, &Option<Tested>)]) -> Answer<Milestones> {
    let series: Vec<OfSeries> = totals
        .iter()
        .filter_map(|(series, tested)| of_series(series, tested.as_ref()?))
        .collect();
    if !series.is_empty() {
        return Answer::Ready(Milestones { series });
    }
    let longest = totals.iter().map(|(series, _)| series.values().len()).max();
    Answer::missing("days of history", FEWEST_DAYS, longest.unwrap_or(0))
}

fn of_series(series: &DailySeries, tested: &Tested) -> Option<OfSeries> {
    let values = series.values();
    let (counted, now) = match series.nature() {
        Nature::Flow => ("total", values.iter().sum::<f64>()),
        Nature::Level => ("level", *values.last()?),
        Nature::Unique => return None,
    };
    let reached: Vec<Vec<f64>> = heights(&tested.outlook, counted == "total", now);
    let end = values.len();
    let milestone = |target: f64| {
        // The step at which each path first is there; never within the horizon: infinity.
        let mut firsts: Vec<f64> = reached
            .iter()
            .map(|path| {
                let at = path.iter().position(|height| *height >= target);
                at.map_or(f64::INFINITY, |step| step as f64)
            })
            .collect();
        firsts.sort_by(f64::total_cmp);
        let day = |step: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a step is small and not negative"
            )]
            let step = step.ceil() as usize;
            series.day(end + step)
        };
        let within = |share: f64| Some(quantile(&firsts, share)).filter(|step| step.is_finite());
        let reach = tested.outlook.point.len();
        let terms = TERMS.into_iter().filter(|term| *term <= reach);
        let by = terms.map(|term| {
            let there = firsts.iter().filter(|step| **step < term as f64).count();
            Chance {
                date: series.day(end + term - 1),
                probability: (there as f64 + 1.0) / (firsts.len() as f64 + 2.0),
            }
        });
        Milestone {
            target,
            by: by.collect(),
            reached_10: within(0.1).map(day),
            reached_50: within(0.5).map(day),
            reached_90: within(0.9).map(day),
        }
    };
    (now > 0.0).then(|| OfSeries {
        about: series.about(),
        counted,
        now,
        ahead: round_numbers(now).take(AHEAD).map(milestone).collect(),
        method: tested.method.clone(),
        window: series.window(),
        held_out: tested.held_out.clone(),
    })
}

/// How high each path stands after each day.
fn heights(outlook: &Outlook, adds_up: bool, now: f64) -> Vec<Vec<f64>> {
    let height = |path: &Vec<f64>| {
        let mut total = now;
        path.iter()
            .map(|value| {
                total = if adds_up { total + value } else { *value };
                total
            })
            .collect()
    };
    outlook.paths.iter().map(height).collect()
}

/// 1, 2 and 5 times powers of ten, above `now`.
fn round_numbers(now: f64) -> impl Iterator<Item = f64> {
    let first = now.max(1.0).log10().floor();
    (0..)
        .flat_map(move |more| {
            [1.0, 2.0, 5.0].map(|lead| lead * 10_f64.powf(first + f64::from(more)))
        })
        .filter(move |number| *number > now)
}

#[cfg(test)]
mod tests {
    use super::round_numbers;

    #[test]
    fn round_numbers_lie_ahead() {
        let next = |now: f64| round_numbers(now).take(3).collect::<Vec<_>>();
        assert_eq!(next(0.3), [1.0, 2.0, 5.0]);
        assert_eq!(next(1000.0), [2000.0, 5000.0, 10_000.0]);
        assert_eq!(next(7_300_000.0), [1e7, 2e7, 5e7]);
    }
}
