//! What is learnt from: which series, how far ahead, and what is held out.

use chrono::{Days, NaiveDate};

use crate::analytics::outlook::{self, LONGEST_DAYS, MOST_FILLED, WEEK};
use crate::analytics::series::{DailySeries, largest};
use crate::forecast::Series;
use crate::forecast::global::Settings;
use crate::forecast::metrics::scale;
use crate::{MlError, Result};

/// The fewest series that a forecaster is learnt from: with fewer, no network has series that it did
/// not see, and nothing says how wide its intervals must be.
pub const FEWEST_SERIES: usize = 16;
/// The fewest days of each of them.
pub const FEWEST_DAYS: usize = 84;
/// Most series, the largest of late first.
const MOST_SERIES: usize = 512;
/// Networks of the ensemble.
const MEMBERS: usize = 3;
/// Width of each: on an artist's few series wider ones were no better, and a process has many at hand.
const WIDTH: usize = 40;
/// Windows of one step of training.
const ROWS: usize = 128;
/// How often every window is looked at, about.
const LOOKS: usize = 20;
/// Steps of each network: at the fewest, and at most, which bounds the time that a training takes.
const STEPS: [usize; 2] = [150, 600];

/// What one forecaster is learnt from.
#[derive(Debug)]
pub struct Lesson {
    /// Every series to its end.
    pub series: Vec<Series>,
    /// Days that are forecast.
    pub horizon: usize,
    /// The first day of any series.
    pub first: NaiveDate,
    /// The last day of any series.
    pub last: NaiveDate,
    /// For each series, values that are known at the day that is held out from.
    known: Vec<usize>,
}

impl Lesson {
    /// Chooses among an artist's series.
    ///
    /// # Errors
    ///
    /// [`MlError::TooLittle`] for fewer than [`FEWEST_SERIES`] usable ones.
    pub fn of(all: &[DailySeries]) -> Result<Self> {
        let usable = all.iter().filter(|one| is_usable(one));
        let chosen = largest(usable, MOST_SERIES);
        let too_little = || MlError::TooLittle {
            what: format!(
                "series of at least {FEWEST_DAYS} days, most of them with a value and none below 0"
            ),
            needed: FEWEST_SERIES,
            there: chosen.len(),
        };
        // The day that enough series go on to: it is the same for all, so that nothing that is
        // learnt from any of them tells of days that are held out of another.
        let end = nth_largest(chosen.iter().map(|one| one.last_day())).ok_or_else(too_little)?;
        let going_on = chosen.iter().filter(|one| one.last_day() >= end);
        let length = nth_largest(going_on.map(|one| one.days_until(end)))
            .ok_or_else(too_little)?
            .clamp(FEWEST_DAYS, LONGEST_DAYS);
        let horizon = outlook::horizon(length);
        let origin = end
            .checked_sub_days(Days::new(horizon as u64))
            .ok_or_else(too_little)?;
        let first = chosen.iter().map(|one| one.first_day()).min();
        let last = chosen.iter().map(|one| one.last_day()).max();
        let (series, known) = chosen.iter().map(|one| numbered(one, origin)).unzip();
        Ok(Self {
            series,
            horizon,
            first: first.ok_or_else(too_little)?,
            last: last.ok_or_else(too_little)?,
            known,
        })
    }

    /// Every series as it was known at the day that is held out from, with the days that followed
    /// it, at most the horizon.
    pub fn held_out(&self) -> Vec<Series> {
        let cut = |(series, known): (&Series, &usize)| {
            let (known, followed) = series.history.split_at_checked(*known)?;
            let followed = followed.iter().take(self.horizon);
            (!known.is_empty()).then(|| Series {
                history: known.to_vec(),
                followed: followed.copied().collect(),
                ..series.clone()
            })
        };
        self.series
            .iter()
            .zip(&self.known)
            .filter_map(cut)
            .collect()
    }

    /// How it is trained.
    pub fn settings(&self, seed: u64) -> Settings {
        let least = 2 * WEEK + self.horizon;
        let windows = self.series.iter().map(|one| one.history.len());
        let windows: usize = windows.map(|days| days.saturating_sub(least)).sum();
        let [fewest, most] = STEPS;
        let steps = (windows * LOOKS / ROWS).clamp(fewest, most);
        Settings {
            seed,
            members: MEMBERS,
            width: WIDTH,
            steps: u32::try_from(steps).unwrap_or(u32::MAX),
            threads: 1,
            ..Settings::new(self.horizon, WEEK)
        }
    }
}

/// Whether a forecaster can be learnt from these.
pub fn is_enough(all: &[DailySeries]) -> bool {
    Lesson::of(all).is_ok()
}

/// Whether a series teaches anything.
pub fn is_usable(one: &DailySeries) -> bool {
    one.values().len() >= FEWEST_DAYS
        && one.filled_share() <= MOST_FILLED
        && one.values().iter().all(|value| *value >= 0.0)
        && scale(one.values(), WEEK).is_some()
}

/// The value that [`FEWEST_SERIES`] of these reach.
fn nth_largest<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut sorted: Vec<T> = values.collect();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted.into_iter().nth(FEWEST_SERIES - 1)
}

/// A series of no name, its late days only, and how many of them are known at the end of `origin`.
/// Names are the artist's, and models hold none.
fn numbered(one: &DailySeries, origin: NaiveDate) -> (Series, usize) {
    let values = one.values();
    let from = values.len().saturating_sub(LONGEST_DAYS);
    let first = one.day(from);
    let history = values.get(from..).unwrap_or_default().to_vec();
    let known = one
        .days_until(origin)
        .saturating_sub(from)
        .min(history.len());
    let series = Series {
        start: Some(first.to_string()),
        ..Series::new("series", history)
    };
    (series, known)
}
