//! Daily series: what their metric is, days without a value, and totals over tracks and sources.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::About;
use super::report::Window;
use crate::forecast::Series;

/// Days of late that say how large a series is.
const LATE_DAYS: usize = 90;
/// A source that has said nothing for so long before the newest day of all has ended, and counts
/// as nothing from then on; one that has said something waits for the others.
const ENDED_DAYS: i64 = 28;

/// What sort of figure a metric is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// So many a day: days add up. All that are nothing else.
    Flow,
    /// How many there are: followers, subscribers, fans, members, `monthly_listeners`.
    Level,
    /// How many different ones a day: listeners, viewers, visitors. Days don't add up, and neither
    /// do sources.
    Unique,
}

impl Nature {
    /// That of a metric.
    pub fn of(metric: &str) -> Self {
        let last = metric.rsplit('_').next().unwrap_or(metric);
        match (metric, last) {
            ("monthly_listeners", _) | (_, "followers" | "subscribers" | "fans" | "members") => {
                Self::Level
            }
            (_, "listeners" | "viewers" | "visitors") => Self::Unique,
            _ => Self::Flow,
        }
    }
}

/// One series of days without a gap, from the first day with a value to the last.
#[derive(Debug, Clone, PartialEq)]
pub struct DailySeries {
    /// What is counted.
    pub metric: String,
    /// Who counted; empty for all together.
    pub source: String,
    /// The track; empty for the artist as a whole.
    pub track: String,
    first: NaiveDate,
    values: Vec<f64>,
    filled: usize,
}

impl DailySeries {
    /// A series of days with values, in rising order and finite. Days between them are drawn in
    /// straight lines. None without a day.
    pub fn new(
        metric: impl Into<String>,
        source: impl Into<String>,
        track: impl Into<String>,
        days: &[(NaiveDate, f64)],
    ) -> Option<Self> {
        let (first, value) = days.first()?;
        let mut values = vec![*value];
        let (mut last, mut before, mut filled) = (*first, *value, 0);
        for (day, value) in days.iter().skip(1) {
            let gap = usize::try_from((*day - last).num_days()).unwrap_or(0);
            for step in 1..gap {
                values.push(before + (value - before) * step as f64 / gap as f64);
                filled += 1;
            }
            if gap > 0 {
                values.push(*value);
            }
            (last, before) = (*day, *value);
        }
        Some(Self {
            metric: metric.into(),
            source: source.into(),
            track: track.into(),
            first: *first,
            values,
            filled,
        })
    }

    /// Its names.
    pub fn about(&self) -> About {
        About {
            metric: self.metric.clone(),
            source: self.source.clone(),
            track: self.track.clone(),
        }
    }

    /// As it is forecast: without its names.
    pub(crate) fn series(&self) -> Series {
        Series {
            start: Some(self.first.to_string()),
            ..Series::new("series", self.values.clone())
        }
    }

    /// Days from its first to another, both counted; 0 where that is before its first.
    pub(crate) fn days_until(&self, day: NaiveDate) -> usize {
        usize::try_from((day - self.first).num_days() + 1).unwrap_or(0)
    }

    /// As it was known at the end of a day; none where that is before its first.
    pub(crate) fn until(&self, day: NaiveDate) -> Option<Series> {
        let known = self
            .values
            .get(..self.days_until(day).min(self.values.len()))?;
        (!known.is_empty()).then(|| Series {
            history: known.to_vec(),
            ..self.series()
        })
    }

    /// What sort of figure it is.
    pub fn nature(&self) -> Nature {
        Nature::of(&self.metric)
    }

    /// The values, a day each.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The day of a value, also beyond the last.
    pub fn day(&self, at: usize) -> NaiveDate {
        let day = self.first.checked_add_days(Days::new(at as u64));
        day.unwrap_or(NaiveDate::MAX)
    }

    /// The last day.
    pub fn last_day(&self) -> NaiveDate {
        self.day(self.values.len().saturating_sub(1))
    }

    /// The first day.
    pub fn first_day(&self) -> NaiveDate {
        self.first
    }

    /// The value of a day; none before the first and after the last.
    pub fn on(&self, day: NaiveDate) -> Option<f64> {
        let at = usize::try_from((day - self.first).num_days()).ok()?;
        self.values.get(at).copied()
    }

    /// What it is made from.
    pub fn window(&self) -> Window {
        Window {
            first: self.first,
            last: self.last_day(),
            days: self.values.len(),
            filled_days: self.filled,
        }
    }

    /// The share of days that had no value.
    pub fn filled_share(&self) -> f64 {
        self.filled as f64 / self.values.len() as f64
    }

    /// How much it is of late.
    fn size(&self) -> f64 {
        let late = self.values.iter().rev().take(LATE_DAYS);
        late.map(|value| value.abs()).sum()
    }
}

/// Up to `most` series, the largest of late first; all metrics have their largest before any has
/// its second.
pub fn largest<'a>(
    series: impl IntoIterator<Item = &'a DailySeries>,
    most: usize,
) -> Vec<&'a DailySeries> {
    let mut by_metric: BTreeMap<&str, Vec<&DailySeries>> = BTreeMap::new();
    for one in series {
        by_metric.entry(&one.metric).or_default().push(one);
    }
    let mut ranked: Vec<(usize, &DailySeries)> = Vec::new();
    for mut of_metric in by_metric.into_values() {
        of_metric.sort_by(|one, other| {
            let sizes = other.size().total_cmp(&one.size());
            sizes.then_with(|| one.about().cmp(&other.about()))
        });
        ranked.extend(of_metric.into_iter().enumerate());
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(most);
    ranked.into_iter().map(|(_, one)| one).collect()
}

/// The total of every metric whose sources add up, over all of them: of a source that counts the
/// artist as a whole that, and of others the sum of their tracks. A total ends with the first of its
/// sources, but for those that ended long ago.
pub fn totals(series: &[DailySeries]) -> Vec<DailySeries> {
    let metrics: BTreeSet<&str> = series.iter().map(|one| one.metric.as_str()).collect();
    metrics
        .into_iter()
        .filter(|metric| Nature::of(metric) != Nature::Unique)
        .filter_map(|metric| {
            let of_metric = || series.iter().filter(|one| one.metric == metric);
            let whole: BTreeSet<&str> = of_metric()
                .filter(|one| one.track.is_empty())
                .map(|one| one.source.as_str())
                .collect();
            let parts: Vec<&DailySeries> = of_metric()
                .filter(|one| one.track.is_empty() || !whole.contains(one.source.as_str()))
                .collect();
            total(metric, &parts)
        })
        .collect()
}

fn total(metric: &str, parts: &[&DailySeries]) -> Option<DailySeries> {
    let first = parts.iter().map(|one| one.first).min()?;
    let newest = parts.iter().map(|one| one.last_day()).max()?;
    let goes_on = |one: &&&DailySeries| (newest - one.last_day()).num_days() <= ENDED_DAYS;
    let last = parts
        .iter()
        .filter(goes_on)
        .map(|one| one.last_day())
        .min()?;
    let count = usize::try_from((last - first).num_days()).ok()? + 1;
    let mut values = vec![0.0; count];
    for part in parts {
        let from = usize::try_from((part.first - first).num_days()).unwrap_or(0);
        for (sum, value) in values.iter_mut().skip(from).zip(&part.values) {
            *sum += value;
        }
    }
    let filled = parts.iter().map(|one| one.filled).max().unwrap_or(0);
    Some(DailySeries {
        metric: metric.to_owned(),
        source: String::new(),
        track: String::new(),
        first,
        values,
        filled: filled.min(count),
    })
}
