//! What may follow a series: whole paths, so that sums over days and first days over a mark come
//! from how errors of neighbouring days go together.
//!
//! A path is the point forecast with the errors put on that the same method made from an earlier
//! origin (a bootstrap of whole error paths). How good that is, is measured by doing it anew at
//! earlier days with nothing that came after.

use serde::Serialize;

use super::own::{Expected, Figures};
use super::report::Method as Made;
use super::series::DailySeries;
use crate::forecast::Forecast;
use crate::forecast::methods::{Method, naive, paths};
use crate::forecast::metrics::{mase, scale};

/// Days of a season.
pub const WEEK: usize = 7;
/// The name that figures carry.
pub const NAME: &str =
    "mean of ETS, Theta and DOT (or Croston and TSB), with bootstrapped error paths";
/// The name that figures of the artist's own forecaster carry.
pub const OWN_NAME: &str =
    "the artist's own forecaster, with bootstrapped error paths between its quantiles";
/// The fewest days that anything is forecast from.
pub const FEWEST_DAYS: usize = 56;
/// The longest history that is learnt from.
pub const LONGEST_DAYS: usize = 730;
/// The furthest that is forecast.
pub const LONGEST_HORIZON: usize = 90;
/// Error paths that don't overlap, at the fewest: fewer say nothing of how errors are spread.
const APART: usize = 4;
/// Earlier origins that errors are taken from, at most.
const MOST_ORIGINS: usize = 120;
/// Days that it is tested from.
const TESTS: usize = 6;
/// The share of days without a value from which a series is not forecast.
pub const MOST_FILLED: f64 = 0.2;

/// Paths that may follow.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// The point forecast.
    pub point: Vec<f64>,
    /// What may follow, each as likely as the other.
    pub paths: Vec<Vec<f64>>,
}

/// How good it was on days that it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOut {
    /// Days that were forecast from, with nothing later.
    pub origins: usize,
    /// Days that were forecast from each.
    pub horizon_days: usize,
    /// Mean absolute error, in units of the mean difference of values a week apart.
    pub mase: f64,
    /// The same of the week before over and over.
    pub mase_of_last_week_again: f64,
    /// The share of days within the 80 % interval.
    pub coverage_80: f64,
    /// The share of sums over all days (of levels: of last days) within theirs.
    pub coverage_80_of_end: f64,
    /// How far those were off, as a mean share of what came; null where nothing came.
    pub mean_error_of_end: Option<f64>,
}

/// How good whoever forecasts was on days that it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Evidence {
    /// The statistical methods, on this series.
    OfSeries(HeldOut),
    /// The artist's own forecaster, on the ends of all series that it was learnt from.
    OfModel(Figures),
}

/// A series' outlook, and how good it was before.
#[derive(Debug, Clone)]
pub struct Tested {
    /// What may follow.
    pub outlook: Outlook,
    /// Who says so.
    pub method: Made,
    /// Null where the history is too short to hold any of it out.
    pub held_out: Option<Evidence>,
}

impl Outlook {
    /// What may follow `history` in `horizon` days.
    pub fn of(history: &[f64], horizon: usize) -> Self {
        let count = history.len();
        let last = count.saturating_sub(horizon);
        let first = earliest(count).min(last);
        let every = ((last - first) / MOST_ORIGINS + 1).max(1);
        let mut origins: Vec<usize> = (first.max(1)..=last).rev().step_by(every).collect();
        origins.reverse();
        let windows = ((last - first) / horizon.max(1) + 1) as f64;
        // Errors of parameters that saw the end are small, and few windows say little.
        let wider = 1.0 + 1.0 / (1.0 + windows);
        let before = origins.len();
        origins.push(count);
        let mut all = paths(Method::Combined, history, WEEK, &origins, horizon);
        let point = all.pop().unwrap_or_default();
        let relative = history.iter().all(|value| *value > 0.0);
        let floor = if history.iter().all(|value| *value >= 0.0) {
            0.0
        } else {
            f64::NEG_INFINITY
        };
        let follow = |(forecast, origin): (&Vec<f64>, &usize)| -> Vec<f64> {
            let actual = history.iter().skip(*origin);
            let errors = forecast.iter().zip(actual).zip(&point);
            errors
                .map(|((forecast, actual), point)| {
                    if relative {
                        let error = (actual / forecast.max(1e-12)).ln().clamp(-5.0, 5.0);
                        point * (wider * error).exp()
                    } else {
                        (point + wider * (actual - forecast)).max(floor)
                    }
                })
                .collect()
        };
        Self {
            paths: all.iter().zip(&origins).take(before).map(follow).collect(),
            point,
        }
    }

    /// The same days as another forecast has them: every step's paths keep their order, and so how
    /// neighbouring days go together, and are moved to where that forecast has its quantiles (a
    /// Schaake shuffle). It reaches as far as both do.
    #[must_use]
    pub fn led_by(&self, forecast: &Forecast) -> Self {
        let mut led = Self {
            point: forecast.mean.clone(),
            paths: self.paths.clone(),
        };
        led.point.truncate(self.point.len());
        led.paths
            .iter_mut()
            .for_each(|path| path.truncate(led.point.len()));
        let theirs = forecast.q10.iter().zip(&forecast.mean).zip(&forecast.q90);
        for (step, (own, ((low, middle), high))) in self.bounds().iter().zip(theirs).enumerate() {
            for path in &mut led.paths {
                if let Some(value) = path.get_mut(step) {
                    *value = moved(*value, own, &[*low, *middle, *high]);
                }
            }
        }
        led
    }

    /// Quantiles at each step: what one in ten lies under, the middle, what one in ten lies over.
    pub fn bounds(&self) -> Vec<[f64; 3]> {
        (0..self.point.len())
            .map(|step| quantiles(self.paths.iter().filter_map(|path| path.get(step)).copied()))
            .collect()
    }

    /// The same of the sums over the first `days`.
    pub fn sums(&self, days: usize) -> [f64; 3] {
        let sum = |path: &Vec<f64>| path.iter().take(days).sum();
        quantiles(self.paths.iter().map(sum))
    }
}

impl Tested {
    /// The outlook as far as the history reaches; none where it is too short. Where the artist's
    /// own forecaster has something to say of the series, it is what that says.
    pub fn of(series: &DailySeries, expected: &Expected) -> Option<Self> {
        let history = late(series.values());
        if history.len() < FEWEST_DAYS || series.filled_share() > MOST_FILLED {
            return None;
        }
        let horizon = horizon(history.len());
        if let (Some(forecast), Some((named, figures))) =
            (expected.of(&series.about()), &expected.by)
        {
            let horizon = horizon.min(forecast.mean.len());
            return Some(Self {
                outlook: Outlook::of(history, horizon).led_by(forecast),
                method: Made {
                    model: Some(named.clone()),
                    ..Made::named(OWN_NAME)
                },
                held_out: Some(Evidence::OfModel(figures.clone())),
            });
        }
        let adds_up = series.nature() == super::Nature::Flow;
        Some(Self {
            outlook: Outlook::of(history, horizon),
            method: Made {
                passed: expected.passed.clone(),
                ..Made::named(NAME)
            },
            held_out: test(history, horizon, adds_up).map(Evidence::OfSeries),
        })
    }
}

/// A value that lies somewhere among the quantiles `from`, at the same place among `to`. Beyond
/// the outer ones it goes on as between them and the middle; values of at least 0 stay so.
fn moved(value: f64, from: &[f64; 3], to: &[f64; 3]) -> f64 {
    let ([low, middle, high], [to_low, to_middle, to_high]) = (from, to);
    let by_logs = [low, to_low].iter().all(|bound| **bound > 0.0) && value > 0.0;
    let scale = |value: f64| if by_logs { value.ln() } else { value };
    let back = |value: f64| if by_logs { value.exp() } else { value };
    let (edge, to_edge) = if value < *middle {
        (low, to_low)
    } else {
        (high, to_high)
    };
    let reach = scale(*edge) - scale(*middle);
    let share = if reach == 0.0 {
        0.0
    } else {
        (scale(value) - scale(*middle)) / reach
    };
    let found = back(scale(*to_middle) + share * (scale(*to_edge) - scale(*to_middle)));
    if *to_low >= 0.0 {
        found.max(0.0)
    } else {
        found
    }
}

/// How far may be forecast from so many days: four error paths must fit in behind the first origin.
pub fn horizon(days: usize) -> usize {
    let days = days.min(LONGEST_DAYS);
    (days.saturating_sub(earliest(days)) / APART).min(LONGEST_HORIZON)
}

/// Days that a horizon needs.
pub fn needed(wanted: usize) -> usize {
    (FEWEST_DAYS..=LONGEST_DAYS)
        .find(|days| horizon(*days) >= wanted)
        .unwrap_or(LONGEST_DAYS)
}

/// The first origin that errors are taken from.
fn earliest(days: usize) -> usize {
    (days / 4).max(3 * WEEK)
}

fn late(values: &[f64]) -> &[f64] {
    let from = values.len().saturating_sub(LONGEST_DAYS);
    values.get(from..).unwrap_or(values)
}

fn test(history: &[f64], horizon: usize, adds_up: bool) -> Option<HeldOut> {
    let step = (horizon / 2).max(WEEK);
    let (mut count, mut ends) = (0, Vec::new());
    let (mut own, mut naive_error, mut inside, mut inside_end) = (0.0, 0.0, 0.0, 0.0);
    for test in 0..TESTS {
        let Some(origin) = history.len().checked_sub(horizon + test * step) else {
            break;
        };
        let (Some(known), Some(actual)) =
            (history.get(..origin), history.get(origin..origin + horizon))
        else {
            break;
        };
        if origin < FEWEST_DAYS.max(earliest(origin) + 2 * horizon) {
            break;
        }
        let Some(unit) = scale(known, WEEK) else {
            continue;
        };
        let outlook = Outlook::of(known, horizon);
        count += 1;
        own += mase(actual, &outlook.point, unit);
        naive_error += mase(actual, &naive::seasonal_naive(known, WEEK, horizon), unit);
        let within = outlook.bounds().into_iter().zip(actual);
        let within = within.filter(|([low, _, high], actual)| (low..=high).contains(actual));
        inside += within.count() as f64 / horizon as f64;
        let ([low, middle, high], came) = if adds_up {
            (outlook.sums(horizon), actual.iter().sum::<f64>())
        } else {
            let bounds = outlook.bounds();
            (bounds.last().copied()?, actual.last().copied()?)
        };
        inside_end += f64::from(u8::from((low..=high).contains(&came)));
        if came != 0.0 {
            ends.push(((middle - came) / came).abs());
        }
    }
    let tests = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (count > 0).then(|| HeldOut {
        origins: count,
        horizon_days: horizon,
        mase: own / tests,
        mase_of_last_week_again: naive_error / tests,
        coverage_80: inside / tests,
        coverage_80_of_end: inside_end / tests,
        mean_error_of_end: (!ends.is_empty()).then(|| ends.iter().sum::<f64>() / ends.len() as f64),
    })
}

/// The 10, 50 and 90 % quantiles, between neighbours in straight lines; zeros of nothing.
pub fn quantiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    [0.1, 0.5, 0.9].map(|share| quantile(&sorted, share))
}

/// A quantile of sorted values.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is a place within it"
    )]
    let below = place.floor() as usize;
    let low = sorted.get(below).copied().unwrap_or_default();
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    let part = place - place.floor();
    if part > 0.0 {
        low + part * (high - low)
    } else {
        low
    }
}
