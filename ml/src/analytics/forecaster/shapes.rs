//! The shapes of weeks before and after a day, as columns that can have drifted: what a forecaster
//! sees of a series is its shape, not its size.

use chrono::{Datelike, NaiveDate, Weekday};

use super::lesson::is_usable;
use super::weeks::later;
use crate::analytics::outlook::WEEK;
use crate::analytics::releases::WEEKDAYS;
use crate::analytics::series::DailySeries;
use crate::upkeep::{Column, LEAST_WEEKS, Values};

/// Weeks that a week's size is held against.
const BEFORE: usize = 4;
/// Most weeks of either side that are looked at, those next to the day and the newest.
const MOST_WEEKS: usize = 26;
/// Most rows of either side.
const MOST_ROWS: usize = 5000;
/// The columns, and how many rows there are after the day. None with too few weeks: what moves all
/// series in a week is one thing seen once.
pub fn shapes(day: NaiveDate, all: &[DailySeries]) -> Option<(Vec<Column>, usize)> {
    let (mut before, mut now) = (Vec::new(), Vec::new());
    let newest = all.iter().map(DailySeries::last_day).max()?;
    let since = usize::try_from((newest - day).num_days()).ok()? / WEEK;
    if since < LEAST_WEEKS {
        return None;
    }
    for one in all.iter().filter(|one| is_usable(one)) {
        let known = one.days_until(day);
        for week in (0..MOST_WEEKS).take_while(|week| (week + 1) * WEEK <= known) {
            before.extend(shape(one, known - (week + 1) * WEEK));
        }
        for week in since.saturating_sub(MOST_WEEKS)..since {
            let first = later(day, week) - one.first_day();
            let at = usize::try_from(first.num_days() + 1);
            now.extend(at.ok().and_then(|at| shape(one, at)));
        }
    }
    let (before, now) = (thinned(before), thinned(now));
    let column = |(place, name): (usize, &str)| {
        let values = |rows: &[[f64; 9]]| {
            let values = rows.iter().filter_map(|row| row.get(place).copied());
            Values::Numbers(values.collect())
        };
        Column {
            name: name.to_owned(),
            before: values(&before),
            before_rows: before.len(),
            now: values(&now),
        }
    };
    let names = ["change"]
        .into_iter()
        .chain(WEEKDAYS)
        .chain(["days_without"]);
    let columns = names.enumerate().map(column).collect();
    Some((columns, now.len()))
}

/// The shape of the week that begins at a place; none where the weeks before it are not known.
fn shape(one: &DailySeries, at: usize) -> Option<[f64; 9]> {
    let week = one.values().get(at..at + WEEK)?;
    let before = one.values().get(at.checked_sub(BEFORE * WEEK)?..at)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (size, size_before) = (mean(week), mean(before));
    let mut shape = [f64::NAN; 9];
    let [change, days @ .., without] = &mut shape;
    *change = ((size + 1.0) / (size_before + 1.0)).ln();
    for (step, value) in week.iter().enumerate() {
        let weekday = one.day(at + step).weekday();
        let place = weekday.days_since(Weekday::Mon) as usize;
        if let Some(day) = days.get_mut(place)
            && size > 0.0
        {
            *day = value / size;
        }
    }
    *without = week.iter().filter(|value| **value <= 0.0).count() as f64;
    Some(shape)
}

/// Rows spread over all of them, where there are too many.
fn thinned(rows: Vec<[f64; 9]>) -> Vec<[f64; 9]> {
    let every = rows.len().div_ceil(MOST_ROWS).max(1);
    rows.into_iter().step_by(every).collect()
}
