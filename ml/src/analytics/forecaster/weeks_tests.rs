//! Weeks after a training: which there are, that nobody sees what comes, and what is said of them.

use chrono::{Days, NaiveDate};

use super::shapes::shapes;
use super::weeks::Weeks;
use crate::analytics::DailySeries;
use crate::forecast::{Forecast, Series};
use crate::random::Random;
use crate::registry::Task;
use crate::upkeep::{Policy, Said as _, drift};

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

fn day(at: u64) -> NaiveDate {
    first() + Days::new(at)
}

/// A series that begins so many days after the first, by its values.
fn series(track: &str, from: u64, values: impl Iterator<Item = f64>) -> DailySeries {
    let days: Vec<_> = (from..).map(day).zip(values).collect();
    DailySeries::new("streams", "spotify", track, &days).unwrap()
}

/// A series with a week and noise.
fn noisy(track: usize, days: usize, weekend: f64) -> DailySeries {
    let mut random = Random::part(5, track as u64);
    let values = (0..days).map(|at| {
        let week = if at % 7 > 4 { weekend } else { 1.0 };
        100.0 * week * (0.1 * random.normal()).exp()
    });
    series(&format!("T{track}"), 0, values)
}

/// Says what was on the day a week before, over and over, with bounds at so much of it.
fn again(known: &[Series], days: usize, bounds: f64) -> Vec<Forecast> {
    let one = |series: &Series| {
        let last = &series.history[series.history.len() - 7..];
        let mean: Vec<f64> = (0..days).map(|step| last[step % 7]).collect();
        Forecast {
            id: series.id.clone(),
            q10: mean.iter().map(|value| value * (1.0 - bounds)).collect(),
            q90: mean.iter().map(|value| value * (1.0 + bounds)).collect(),
            mean,
        }
    };
    known.iter().map(one).collect()
}

#[test]
fn every_whole_week_after_the_day_is_a_row_and_no_other() {
    let all = [
        noisy(0, 120, 1.4),
        // Known for 54 days at the end of the day, for 61 a week later.
        series("late", 30, noisy(1, 90, 1.4).values().iter().copied()),
        // Ends in the middle of the second week.
        series("ended", 0, noisy(2, 92, 1.4).values().iter().copied()),
        // Too short, and never changing: nobody forecasts them.
        series("short", 60, noisy(3, 60, 1.4).values().iter().copied()),
        series("still", 0, std::iter::repeat_n(5.0, 120)),
    ];
    let weeks = Weeks::after(day(83), &all);
    let counted = weeks.sample().counted();
    // Five whole weeks of the first (84 to 118), four of the late one, one of the one that ended.
    assert_eq!(
        (counted.rows, counted.series, counted.weeks),
        (10, Some(3), Some(5))
    );
    let none = Weeks::after(day(115), &all);
    assert_eq!(none.sample().counted().rows, 0);
    let said = none.said(4, |known| Ok(again(known, 28, 0.5))).unwrap();
    assert!(said.losses.is_empty());
    // Years of weeks are looked at from their end.
    let long = [noisy(0, 700, 1.4)];
    assert_eq!(Weeks::after(day(100), &long).sample().counted().rows, 26);
}

#[test]
fn a_week_is_forecast_from_up_to_four_weeks_before_by_what_was_known_then() {
    // The value is the number of the week, so that a week's error is how many weeks ago it was said.
    let all = [series("T", 0, (0..140_u32).map(|at| f64::from(at / 7)))];
    let weeks = Weeks::after(day(97), &all);
    assert_eq!(weeks.sample().counted().rows, 6);
    let mut asked = Vec::new();
    let said = weeks.said(3, |known| {
        asked.push(known[0].history.len());
        Ok(again(known, 21, 0.15))
    });
    let said = said.unwrap();
    assert_eq!(asked, [98, 105, 112, 119, 126, 133]);
    // The first week was said one week before only, the second one and two, and all others by three.
    let errors = [1.0, 1.5, 2.0, 2.0, 2.0, 2.0];
    for (found, known) in said.losses.iter().zip(errors) {
        assert!((found - known).abs() < 1e-12, "{:?}", said.losses);
    }
    // Week 15 of the second row: 14 ± 15 % holds it, 13 ± 15 % does not.
    assert!((said.within[1] - 0.5).abs() < 1e-12, "{:?}", said.within);
    assert!((said.calibration_error(&[0, 1, 0, 0, 0, 0]) - 0.3).abs() < 1e-12);
}

#[test]
fn a_week_that_has_turned_round_has_drifted_and_others_have_not() {
    let policy = Policy::usual(Task::Forecast);
    let same: Vec<DailySeries> = (0..40).map(|track| noisy(track, 300, 1.4)).collect();
    let (columns, rows) = shapes(day(199), &same).unwrap();
    assert_eq!((columns.len(), rows), (9, 40 * 14));
    let found = drift(&columns, rows, &policy).unwrap();
    assert!(!found.drifted, "{found:?}");
    // From day 200 on weekends are weak.
    let turned: Vec<DailySeries> = (0..40)
        .map(|track| {
            let (one, other) = (noisy(track, 300, 1.4), noisy(track, 300, 0.6));
            let values = one.values()[..200].iter().chain(&other.values()[200..]);
            series(&format!("T{track}"), 0, values.copied())
        })
        .collect();
    let (columns, rows) = shapes(day(199), &turned).unwrap();
    let found = drift(&columns, rows, &policy).unwrap();
    let moved: Vec<&str> = found.moved.iter().map(|it| it.column.as_str()).collect();
    assert!(
        found.drifted && moved[..2].contains(&"saturday"),
        "{found:?}"
    );
    // Five weeks are too few to say anything.
    assert!(shapes(day(264), &turned).is_none());
}
