//! When to release, as far as the artist's own releases say: the first day of a track's streams is
//! the day of its release.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, TimeDelta};
use serde::Serialize;

use super::correlation::{interval, spearman};
use super::outlook::WEEK;
use super::report::{Answer, Method, Missing, Window};
use super::series::DailySeries;

/// The metric that says how a release went.
const STREAMS: &str = "streams";
/// The metric that says when it was announced.
const ANNOUNCED: &str = "presaves";
/// Days from a release that say how it went.
const FIRST_DAYS: i64 = 28;
/// Releases on a weekday that say something of it.
const ON_A_WEEKDAY: usize = 3;
/// Releases with a lead time that say something of lead times.
const WITH_LEAD: usize = 8;
/// Days of streams that say something of weekdays.
const STREAM_DAYS: usize = 8 * WEEK;
pub(super) const WEEKDAYS: [&str; WEEK] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
/// Student's t at 95 % for few degrees of freedom, from 1; the normal one beyond.
const T_95: [f64; 10] = [
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812,
];

/// What is known of when to release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strategy {
    /// Which weekday releases went best on.
    pub release_weekday: Answer<ReleaseWeekday>,
    /// Which weekday listeners listen most on.
    pub listening_weekday: Answer<ListeningWeekday>,
    /// Which hour. Metrics are daily, so nothing is known of hours.
    pub hour: Answer<()>,
    /// How long before to announce.
    pub lead_time: Answer<LeadTime>,
}

/// Releases by weekday.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseWeekday {
    /// The weekday with the highest mean, where its interval lies above every other's mean; else
    /// null: the releases don't say.
    pub best: Option<&'static str>,
    /// Weekdays that enough releases were on.
    pub weekdays: Vec<Weekday>,
    /// Releases that were looked at.
    pub releases: usize,
    /// How it was done.
    pub method: Method,
}

/// One weekday.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weekday {
    /// Its name.
    #[serde(rename = "weekday")]
    pub name: &'static str,
    /// The mean, relative to all days alike.
    pub mean: f64,
    /// The lower end of its 90 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many it was made from.
    pub count: usize,
}

/// Streams by weekday.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListeningWeekday {
    /// The weekday with the highest mean, where its interval lies above every other's mean.
    pub best: Option<&'static str>,
    /// All weekdays; 1.1 is a tenth more than the week's mean.
    pub weekdays: Vec<Weekday>,
    /// How often the best weekday of earlier weeks beat the mean in the week after.
    pub held_out_share: f64,
    /// Of how many weeks.
    pub held_out_weeks: usize,
    /// From what.
    pub window: Window,
    /// How it was done.
    pub method: Method,
}

/// Announcements and how releases went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadTime {
    /// The rank correlation of days of lead and streams of the first 28 days.
    pub correlation: f64,
    /// Its 90 % interval.
    pub interval_90: [f64; 2],
    /// The median lead of the better half, days; null where the interval holds 0.
    pub best_days: Option<f64>,
    /// Releases that were looked at.
    pub releases: usize,
    /// How it was done.
    pub method: Method,
}

/// One release.
struct Release<'a> {
    track: &'a str,
    day: NaiveDate,
    first_days: f64,
}

/// What all series say of it.
pub fn strategy(series: &[DailySeries], totals: &[DailySeries]) -> Strategy {
    let releases = releases(series);
    Strategy {
        release_weekday: release_weekday(&releases),
        listening_weekday: listening_weekday(totals),
        hour: Answer::missing("hours of streams (metrics are daily)", 24, 0),
        lead_time: lead_time(&releases, series),
    }
}

/// Tracks by the first day of their streams. Those that streams began with may be older than the
/// data, and count as no release.
fn releases(series: &[DailySeries]) -> Vec<Release<'_>> {
    let of_tracks = || {
        let streams = series.iter().filter(|one| one.metric == STREAMS);
        streams.filter(|one| !one.track.is_empty())
    };
    let mut began: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for one in of_tracks() {
        let source = began.entry(&one.source).or_insert(one.first_day());
        *source = (*source).min(one.first_day());
    }
    let mut tracks: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for one in of_tracks() {
        let day = tracks.entry(&one.track).or_insert(one.first_day());
        *day = (*day).min(one.first_day());
    }
    let newest = of_tracks().map(DailySeries::last_day).max();
    let went = |(track, day): (&'_ str, NaiveDate)| {
        let old = of_tracks().any(|one| {
            one.track == track && began.get(one.source.as_str()) == Some(&one.first_day())
        });
        let whole = newest.is_some_and(|newest| (newest - day).num_days() >= FIRST_DAYS);
        let first_days = of_tracks().filter(|one| one.track == track).map(|one| {
            let days =
                (0..FIRST_DAYS).filter_map(|after| day.checked_add_signed(TimeDelta::days(after)));
            days.filter_map(|day| one.on(day)).sum::<f64>()
        });
        (!old && whole).then(|| first_days.sum::<f64>())
    };
    tracks
        .iter()
        .filter_map(|(track, day)| {
            Some(Release {
                track,
                day: *day,
                first_days: went((track, *day))?,
            })
        })
        .collect()
}

fn release_weekday(releases: &[Release<'_>]) -> Answer<ReleaseWeekday> {
    let mut by_weekday: [Vec<f64>; WEEK] = Default::default();
    for release in releases {
        let weekday = release.day.weekday().num_days_from_monday() as usize;
        if let Some(of_weekday) = by_weekday.get_mut(weekday) {
            of_weekday.push(release.first_days.max(0.0).ln_1p());
        }
    }
    let all: Vec<f64> = by_weekday.iter().flatten().copied().collect();
    let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
    let weekdays: Vec<Weekday> = weekdays(&by_weekday, ON_A_WEEKDAY)
        .into_iter()
        .map(|one| Weekday {
            mean: (one.mean - mean).exp(),
            low: (one.low - mean).exp(),
            high: (one.high - mean).exp(),
            ..one
        })
        .collect();
    if weekdays.len() < 2 {
        return Answer::NotEnoughData {
            missing: vec![Missing {
                what: format!("weekdays with {ON_A_WEEKDAY} releases of {FIRST_DAYS} days"),
                needed: 2,
                there: weekdays.len(),
            }],
        };
    }
    Answer::Ready(ReleaseWeekday {
        best: best(&weekdays),
        weekdays,
        releases: releases.len(),
        method: Method::named("means of log streams of the first 28 days, with t intervals"),
    })
}

fn listening_weekday(totals: &[DailySeries]) -> Answer<ListeningWeekday> {
    let streams = totals.iter().find(|one| one.metric == STREAMS);
    let days = streams.map_or(0, |one| one.values().len());
    let Some(streams) = streams.filter(|_| days >= STREAM_DAYS) else {
        return Answer::missing("days of streams", STREAM_DAYS, days);
    };
    // Each day beside the mean of the week around it.
    let shares: Vec<(usize, f64)> = streams
        .values()
        .windows(WEEK)
        .enumerate()
        .filter_map(|(at, week)| {
            let mean = week.iter().sum::<f64>() / WEEK as f64;
            let middle = at + WEEK / 2;
            let weekday = streams.day(middle).weekday().num_days_from_monday() as usize;
            let share = week.get(WEEK / 2)? / mean;
            share.is_finite().then_some((weekday, share))
        })
        .collect();
    let group = |shares: &[(usize, f64)]| {
        let mut by_weekday: [Vec<f64>; WEEK] = Default::default();
        for (weekday, share) in shares {
            if let Some(of_weekday) = by_weekday.get_mut(*weekday) {
                of_weekday.push(*share);
            }
        }
        weekdays(&by_weekday, 2)
    };
    let (mut weeks, mut right) = (0_usize, 0_usize);
    let mut end = 4 * WEEK;
    while let (Some(known), Some(next)) = (shares.get(..end), shares.get(end..end + WEEK)) {
        let known = group(known);
        let top = known
            .iter()
            .max_by(|one, other| one.mean.total_cmp(&other.mean));
        let came = top.and_then(|top| {
            next.iter()
                .find(|(weekday, _)| WEEKDAYS.get(*weekday) == Some(&top.name))
        });
        if let Some((_, share)) = came {
            weeks += 1;
            right += usize::from(*share > 1.0);
        }
        end += WEEK;
    }
    let weekdays = group(&shares);
    Answer::Ready(ListeningWeekday {
        best: best(&weekdays),
        weekdays,
        held_out_share: right as f64 / weeks.max(1) as f64,
        held_out_weeks: weeks,
        window: streams.window(),
        method: Method::named("means of each day beside its week, with t intervals"),
    })
}

fn lead_time(releases: &[Release<'_>], series: &[DailySeries]) -> Answer<LeadTime> {
    let mut pairs: Vec<(f64, f64)> = releases
        .iter()
        .filter_map(|release| {
            let announced = series
                .iter()
                .filter(|one| one.metric == ANNOUNCED && one.track == release.track)
                .map(DailySeries::first_day)
                .min()?;
            let lead = (release.day - announced).num_days();
            (lead >= 0).then_some((lead as f64, release.first_days))
        })
        .collect();
    let correlation = spearman(&pairs);
    let Some(correlation) = correlation.filter(|_| pairs.len() >= WITH_LEAD) else {
        let what = format!("releases with {ANNOUNCED} before them and different lead times");
        return Answer::missing(what, WITH_LEAD, pairs.len());
    };
    let interval_90 = interval(correlation, pairs.len());
    let [low, high] = interval_90;
    pairs.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut better: Vec<f64> = pairs
        .iter()
        .take(pairs.len() / 2)
        .map(|pair| pair.0)
        .collect();
    better.sort_by(f64::total_cmp);
    Answer::Ready(LeadTime {
        correlation,
        interval_90,
        best_days: (low > 0.0 || high < 0.0).then(|| super::outlook::quantile(&better, 0.5)),
        releases: pairs.len(),
        method: Method::named("Spearman's rank correlation, with Fisher's interval"),
    })
}

/// Means with 90 % intervals of the weekdays that have enough.
fn weekdays(by_weekday: &[Vec<f64>; WEEK], least: usize) -> Vec<Weekday> {
    let of = |(name, values): (&'static str, &Vec<f64>)| {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>();
        let error = (square / (count - 1.0).max(1.0) / count).sqrt();
        let t = T_95.get(values.len().saturating_sub(2)).copied();
        let reach = t.unwrap_or(1.7) * error;
        (values.len() >= least.max(2)).then_some(Weekday {
            name,
            mean,
            low: mean - reach,
            high: mean + reach,
            count: values.len(),
        })
    };
    WEEKDAYS
        .into_iter()
        .zip(by_weekday)
        .filter_map(of)
        .collect()
}

/// The highest, where its interval lies above every other's mean.
fn best(weekdays: &[Weekday]) -> Option<&'static str> {
    let top = weekdays
        .iter()
        .max_by(|one, other| one.mean.total_cmp(&other.mean))?;
    let clear = weekdays
        .iter()
        .all(|other| other.name == top.name || other.mean < top.low);
    clear.then_some(top.name)
}
