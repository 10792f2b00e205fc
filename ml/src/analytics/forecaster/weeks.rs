//! The weeks that came after a training, each as it was forecast one, two, and up to four weeks before.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use super::lesson::is_usable;
use super::trial::HORIZON_DAYS;
use crate::analytics::outlook::{FEWEST_DAYS, WEEK};
use crate::analytics::series::{DailySeries, largest};
use crate::forecast::auto::statistical;
use crate::forecast::metrics::{mase, scale};
use crate::forecast::{Forecast, Series};
use crate::registry::Metadata;
use crate::upkeep::{Intervals, Sample};
use crate::{Control, Result};

/// Most series that are looked at, the largest of late first.
const MOST_SERIES: usize = 128;
/// Most weeks that are looked at, the newest.
const MOST_WEEKS: usize = 26;
/// Weeks before, at most, that a week is forecast from.
const MOST_LEADS: usize = 4;
/// The share of values that intervals are meant to hold.
const LEVEL: f64 = 0.8;

/// Whole weeks of series, a row each. Weeks don't overlap, so that no error is counted under two of them.
#[derive(Debug)]
pub struct Weeks {
    series: Vec<DailySeries>,
    /// The mean change over a week of each series before its first row.
    scales: Vec<f64>,
    /// The day before the first week.
    before: NaiveDate,
    count: usize,
    /// The series and the week of each row, by the week.
    rows: Vec<(usize, usize)>,
}

impl Weeks {
    /// The whole weeks after a day, of series that can be forecast there.
    pub fn after(day: NaiveDate, all: &[DailySeries]) -> Self {
        let usable = all.iter().filter(|one| is_usable(one));
        let chosen = largest(usable, MOST_SERIES).into_iter().cloned();
        let mut series: Vec<DailySeries> = chosen.collect();
        let newest = series.iter().map(DailySeries::last_day).max();
        let days = newest.map_or(0, |newest| days_to(day, newest));
        let older = (days / WEEK).saturating_sub(MOST_WEEKS);
        let before = later(day, older);
        let count = days / WEEK - older;
        let mut scales = Vec::with_capacity(series.len());
        let mut rows = Vec::new();
        series.retain(|one| {
            let place = scales.len();
            let weeks = (0..count).filter(|week| has(one, later(before, *week)));
            let mut weeks = weeks.peekable();
            let first = weeks.peek().map(|week| later(before, *week));
            let known = first.and_then(|day| one.until(day));
            let scale = known.and_then(|known| scale(&known.history, WEEK));
            scales.extend(scale);
            if scale.is_some() {
                rows.extend(weeks.map(|week| (place, week)));
            }
            scale.is_some()
        });
        rows.sort_unstable_by_key(|(series, week)| (*week, *series));
        Self {
            series,
            scales,
            before,
            count,
            rows,
        }
    }

    /// What the rows have in common.
    pub fn sample(&self) -> Sample {
        let (series, weeks) = self.rows.iter().copied().unzip();
        Sample::Weeks { series, weeks }
    }

    /// For how many weeks ahead forecasters can be measured that look so far as these say.
    pub fn leads(of: &[&Metadata]) -> usize {
        let days = of.iter().map(|of| of.metrics.get(HORIZON_DAYS).copied());
        let days = days.map(Option::unwrap_or_default);
        let least = days.fold(f64::INFINITY, f64::min);
        let weeks = (1..=MOST_LEADS).take_while(|weeks| (weeks * WEEK) as f64 <= least);
        weeks.count()
    }

    /// What the statistical methods would have said ([`Self::said`]).
    pub fn said_by_methods(&self, leads: usize, control: &mut dyn Control) -> Result<Intervals> {
        self.said(leads, |known| {
            statistical(known, WEEK, leads.max(1) * WEEK, 1, control)
        })
    }

    /// What a forecaster would have said of each week from one to `leads` weeks before, of which the
    /// mean counts. It is asked once for each week, about all series as they were known before it,
    /// and must look `leads` weeks ahead.
    pub fn said(
        &self,
        leads: usize,
        mut forecast: impl FnMut(&[Series]) -> Result<Vec<Forecast>>,
    ) -> Result<Intervals> {
        let places = self.rows.iter().enumerate();
        let places: HashMap<(usize, usize), usize> =
            places.map(|(place, row)| (*row, place)).collect();
        let mut told = vec![Told::default(); self.rows.len()];
        for week in 0..self.count {
            let day = later(self.before, week);
            let of_week = self.rows.iter().filter(|(_, of)| *of == week);
            let asked = of_week.filter_map(|(series, _)| {
                let one = self.series.get(*series)?;
                Some((*series, one, one.until(day)?))
            });
            let (asked, known): (Vec<_>, Vec<Series>) = asked
                .map(|(series, one, known)| ((series, one), known))
                .unzip();
            if known.is_empty() {
                continue;
            }
            let forecasts = forecast(&known)?;
            for (((series, one), known), forecast) in asked.iter().zip(&known).zip(&forecasts) {
                let scale = self.scales.get(*series).copied().unwrap_or(1.0);
                for lead in 0..leads {
                    let row = places.get(&(*series, week + lead));
                    let told = row.and_then(|row| told.get_mut(*row));
                    let steps = lead * WEEK..(lead + 1) * WEEK;
                    let at = known.history.len();
                    let actual = one.values().get(at + steps.start..at + steps.end);
                    if let (Some(told), Some(actual)) = (told, actual) {
                        told.add(actual, forecast, steps, scale);
                    }
                }
            }
        }
        Ok(Intervals {
            losses: told.iter().map(|told| told.mean(told.loss)).collect(),
            within: told.iter().map(|told| told.mean(told.within)).collect(),
            level: LEVEL,
        })
    }
}

/// What was said of a week, over all leads.
#[derive(Debug, Clone, Default)]
struct Told {
    loss: f64,
    within: f64,
    count: u32,
}

impl Told {
    fn add(
        &mut self,
        actual: &[f64],
        forecast: &Forecast,
        steps: std::ops::Range<usize>,
        scale: f64,
    ) {
        let of = |values: &'_ [f64]| values.get(steps.clone()).map(<[f64]>::to_vec);
        let (Some(mean), Some(low), Some(high)) =
            (of(&forecast.mean), of(&forecast.q10), of(&forecast.q90))
        else {
            return;
        };
        let held = actual.iter().zip(low.iter().zip(&high));
        let held = held.filter(|(actual, (low, high))| (*low..=*high).contains(actual));
        self.within += held.count() as f64 / actual.len().max(1) as f64;
        self.loss += mase(actual, &mean, scale);
        self.count += 1;
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.count.max(1))
    }
}

/// Whether a series has the week after a day, and enough before it to be forecast from.
fn has(one: &DailySeries, day: NaiveDate) -> bool {
    one.days_until(day) >= FEWEST_DAYS && one.last_day() >= later(day, 1)
}

/// So many weeks later.
pub fn later(day: NaiveDate, weeks: usize) -> NaiveDate {
    let days = Days::new((weeks * WEEK) as u64);
    day.checked_add_days(days).unwrap_or(NaiveDate::MAX)
}

/// Days from one to another; 0 where that is before it.
fn days_to(from: NaiveDate, to: NaiveDate) -> usize {
    usize::try_from((to - from).num_days()).unwrap_or(0)
}
