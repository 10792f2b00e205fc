//! Days that were unlike what the days before led to expect, how far off they were, and what else
//! moved on them.

use chrono::NaiveDate;
use serde::Serialize;

use super::About;
use super::correlation::pearson;
use super::report::{Answer, Method, Window};
use super::series::DailySeries;
use crate::detect::{Detector, Verdict};
use crate::{Control, Result};

/// The score from which a day is told of.
const THRESHOLD: f64 = 0.5;
/// Days that the detector learns from before it can say anything.
const LEARNS: usize = 70;
/// Days of late that are told of.
const TOLD_DAYS: usize = 180;
/// Anomalies that are told of, the latest first.
const MOST: usize = 100;
/// Days before an anomaly whose deviations say what moves together.
const TOGETHER_DAYS: usize = 90;
/// The fewest of them that say so.
const TOGETHER_LEAST: usize = 30;
/// Causes that are named.
const MOST_CAUSES: usize = 3;
/// Late days on which it is tested whether a change would be found.
const TESTED_DAYS: usize = 60;
const DAY_SECONDS: i64 = 86_400;

/// What was found in all series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anomalies {
    /// The days, the latest first.
    pub found: Vec<Anomaly>,
    /// The series that were looked at.
    pub series: Vec<Watched>,
    /// How it was done.
    pub method: Method,
}

/// One day of one series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anomaly {
    /// The series.
    #[serde(flatten)]
    pub about: About,
    /// The day.
    pub date: NaiveDate,
    /// What came.
    pub value: f64,
    /// What the days before led to expect.
    pub expected: f64,
    /// Where 95 % of earlier errors would have put it at the lowest.
    pub low: f64,
    /// And at the highest.
    pub high: f64,
    /// The deviation, `value` less `expected`.
    pub deviation: f64,
    /// The same in reaches of that interval: more than 1 is outside of it. A reach is at least the
    /// `resolution`: a series that never moves leaves no room at all.
    pub size: f64,
    /// The step that values of the series come in: 1 for whole numbers, else the least difference.
    pub resolution: f64,
    /// How surprising it was, 0.5 to 1.
    pub score: f64,
    /// Series that moved on the same day and whose deviations go together with this one's; those
    /// closest to it first. Going together is evidence, not proof.
    pub likely_causes: Vec<Cause>,
}

/// A series that moved too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// The series.
    #[serde(flatten)]
    pub about: About,
    /// The correlation of both series' deviations on the days before.
    pub correlation: f64,
    /// Over how many days.
    pub days: usize,
    /// How far it was off on the day itself, in reaches of its interval.
    pub size: f64,
}

/// A series that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Watched {
    /// The series.
    #[serde(flatten)]
    pub about: About,
    /// Its days.
    pub window: Window,
    /// Nobody says which days were odd. So days of late are changed one at a time, with nothing
    /// after them known: the share of those that would have been told of with twice their value.
    pub doubled_days_found: f64,
    /// The same with half.
    pub halved_days_found: f64,
    /// How many days were changed.
    pub tested_days: usize,
    /// The share of days of the whole series, after those that were learnt from, that were told of.
    pub told_of: f64,
}

/// A series and what is said of its days.
struct Judged<'a> {
    series: &'a DailySeries,
    resolution: f64,
    verdicts: Vec<Verdict>,
    watched: Watched,
}

/// Looks at every series that is long enough.
pub fn detect(series: &[&DailySeries], control: &mut dyn Control) -> Result<Answer<Anomalies>> {
    let mut judged = Vec::new();
    for one in series {
        crate::control::step(control, 0.7)?;
        if one.values().len() >= LEARNS {
            judged.push(judge(one));
        }
    }
    if judged.is_empty() {
        let longest = series.iter().map(|one| one.values().len()).max();
        return Ok(Answer::missing(
            "days of history",
            LEARNS,
            longest.unwrap_or(0),
        ));
    }
    let mut found: Vec<Anomaly> = judged
        .iter()
        .flat_map(|one| {
            told(one)
                .map(|at| anomaly(one, at, &judged))
                .collect::<Vec<_>>()
        })
        .collect();
    found.sort_by(|one, other| {
        let latest = other.date.cmp(&one.date);
        latest.then(other.score.total_cmp(&one.score))
    });
    found.truncate(MOST);
    Ok(Answer::Ready(Anomalies {
        found,
        series: judged.into_iter().map(|one| one.watched).collect(),
        method: Method::named("causal detector of level, shape and season (ml::detect)"),
    }))
}

fn judge(series: &DailySeries) -> Judged<'_> {
    let values = series.values();
    let mut detector = Detector::new();
    let mut verdicts = Vec::with_capacity(values.len());
    let tested_from = values.len().saturating_sub(TESTED_DAYS).max(LEARNS);
    let (mut doubled, mut halved, mut tested) = (0_u32, 0_u32, 0_u32);
    for (at, value) in values.iter().enumerate() {
        let time = i64::try_from(at)
            .unwrap_or(i64::MAX)
            .saturating_mul(DAY_SECONDS);
        if at >= tested_from {
            let found = |value: f64| detector.clone().step(time, value).score >= THRESHOLD;
            tested += 1;
            doubled += u32::from(found(2.0 * value));
            halved += u32::from(found(0.5 * value));
        }
        verdicts.push(detector.step(time, *value));
    }
    let share = |count: u32| f64::from(count) / f64::from(tested.max(1));
    let judged = verdicts.iter().skip(LEARNS);
    let told = judged.filter(|verdict| verdict.score >= THRESHOLD).count();
    let days = verdicts.len().saturating_sub(LEARNS).max(1);
    let watched = Watched {
        about: series.about(),
        window: series.window(),
        doubled_days_found: share(doubled),
        halved_days_found: share(halved),
        tested_days: tested as usize,
        told_of: told as f64 / days as f64,
    };
    Judged {
        series,
        resolution: resolution(values),
        verdicts,
        watched,
    }
}

/// The step that values come in.
fn resolution(values: &[f64]) -> f64 {
    if values.iter().all(|value| value.fract() == 0.0) {
        return 1.0;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let steps = sorted.iter().zip(sorted.iter().skip(1));
    let steps = steps
        .map(|(one, next)| next - one)
        .filter(|step| *step > 0.0);
    let least = steps.fold(f64::INFINITY, f64::min);
    // One value alone comes in steps of no less than what a number of its size can tell.
    let largest = sorted
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    let told = 1e-6 * largest;
    if least.is_finite() {
        least.max(told)
    } else {
        told
    }
}

impl Judged<'_> {
    /// How far a day was off, in reaches of its interval.
    fn size(&self, at: usize) -> Option<f64> {
        let (verdict, value) = (self.verdicts.get(at)?, self.series.values().get(at)?);
        let reach = (verdict.high - verdict.expected).max(self.resolution);
        Some((value - verdict.expected) / reach)
    }

    fn place(&self, day: NaiveDate) -> Option<usize> {
        usize::try_from((day - self.series.first_day()).num_days()).ok()
    }
}

/// The late days of a series that are told of.
fn told<'a>(one: &'a Judged<'a>) -> impl Iterator<Item = usize> + 'a {
    let from = one.verdicts.len().saturating_sub(TOLD_DAYS).max(LEARNS);
    let late = one.verdicts.iter().enumerate().skip(from);
    late.filter(|(_, verdict)| verdict.score >= THRESHOLD)
        .map(|(at, _)| at)
}

fn anomaly(one: &Judged<'_>, at: usize, all: &[Judged<'_>]) -> Anomaly {
    let value = one.series.values().get(at).copied().unwrap_or_default();
    let verdict = one.verdicts.get(at).copied().unwrap_or(Verdict {
        score: 0.0,
        surprise: 0.0,
        expected: value,
        low: value,
        high: value,
    });
    let date = one.series.day(at);
    let mut likely_causes: Vec<Cause> = all
        .iter()
        .filter(|other| !std::ptr::eq(*other, one))
        .filter_map(|other| cause(one, at, other, date))
        .collect();
    likely_causes.sort_by(|one, other| {
        let strength = other.correlation.abs().total_cmp(&one.correlation.abs());
        strength.then_with(|| one.about.cmp(&other.about))
    });
    likely_causes.truncate(MOST_CAUSES);
    Anomaly {
        about: one.series.about(),
        date,
        value,
        expected: verdict.expected,
        low: verdict.low,
        high: verdict.high,
        deviation: value - verdict.expected,
        size: one.size(at).unwrap_or_default(),
        resolution: one.resolution,
        score: verdict.score,
        likely_causes,
    }
}

/// Whether another series moved on the day, the way it has gone together with this one before.
fn cause(one: &Judged<'_>, at: usize, other: &Judged<'_>, date: NaiveDate) -> Option<Cause> {
    let there = other.place(date)?;
    let size = other.size(there).filter(|size| size.abs() > 1.0)?;
    // The days before, without the day itself.
    let pairs: Vec<(f64, f64)> = (1..=TOGETHER_DAYS)
        .filter_map(|back| {
            Some((
                one.size(at.checked_sub(back)?)?,
                other.size(there.checked_sub(back)?)?,
            ))
        })
        .collect();
    if pairs.len() < TOGETHER_LEAST {
        return None;
    }
    let correlation = pearson(&pairs)?;
    let chance = 2.0 / (pairs.len() as f64).sqrt();
    let same_way = correlation * one.size(at)? * size > 0.0;
    (correlation.abs() > chance && same_way).then(|| Cause {
        about: other.series.about(),
        correlation,
        days: pairs.len(),
        size,
    })
}
