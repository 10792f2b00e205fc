//! Segments of an audience: places where it listens (a track at a source, or a source where nothing
//! is known of its tracks) that are alike in how much it plays, keeps and grows.
//!
//! Segments are told only where they are there: points must lie nearer to their own than to the
//! next, and the same places must come together when the four weeks before are grouped by
//! themselves.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clusters::{agreement, groups, silhouette};
use super::growth::{self, Phase};
use super::outlook::{WEEK, quantile};
use super::report::{Answer, Method, Window};
use super::series::DailySeries;
use crate::random::Random;

/// Days of late that places are compared by; stability is measured on as many before.
const DAYS: usize = 4 * WEEK;
/// Places that end so many days before the newest do not go on.
const NEAR_DAYS: i64 = 7;
/// The fewest places that are grouped.
const FEWEST: usize = 12;
/// Segments, at most.
const MOST: usize = 4;
/// The fewest places of a segment.
const FEWEST_OF_SEGMENT: usize = 2;
/// The silhouette from which groups are believed.
const APART: f64 = 0.4;
/// The agreement with the weeks before from which they are.
const STABLE: f64 = 0.6;
/// The least that a feature's logarithms are scaled by: where places differ by less than about a
/// quarter, that is no difference to cut an audience up by.
const LEAST_SPREAD: f64 = 0.25;
/// Bootstrap draws of a share.
const DRAWS: usize = 500;
const SEED: u64 = 1;
/// What a place is compared by.
const FEATURES: [&str; 4] = [
    "listeners_a_day",
    "streams_per_listener",
    "saves_per_listener",
    "change_in_four_weeks",
];

/// The segments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fanbase {
    /// Whether there are any: places lie apart, and did before.
    pub separated: bool,
    /// Those with the most streams first; none where they are not separated.
    pub segments: Vec<Segment>,
    /// How much nearer places are to their own segment than to the next, −1 to 1. 0.4 is needed.
    pub silhouette: f64,
    /// How far the segments of the four weeks before, found by themselves, are the same: 1 wholly,
    /// 0 as chance would have it. 0.6 is needed.
    pub stability: f64,
    /// Places that were grouped.
    pub places: usize,
    /// Their features.
    pub features: Vec<&'static str>,
    /// How it was done.
    pub method: Method,
    /// The days that places were compared by.
    pub window: Window,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// Its places.
    pub places: Vec<Place>,
    /// Its share of all streams of these days, with the 90 % interval over weeks.
    pub share_of_streams: Interval,
    /// Change of its streams a week, with its 90 % interval; null where there are too few weeks.
    pub trend: Option<Trend>,
    /// What sets it apart, the strongest first.
    pub apart_by: Vec<Trait>,
}

/// A place where an audience listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Who counted.
    pub source: String,
    /// The track; empty for all of a source.
    pub track: String,
}

/// A share with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interval {
    /// 0 to 1.
    pub share: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A change a week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    /// 0.02 is 2 %.
    pub weekly_rate: f64,
    /// The lower end of its 90 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// What the interval says.
    pub phase: Phase,
}

/// A feature in which a segment is unlike the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trait {
    /// The feature.
    pub feature: &'static str,
    /// Its median in the segment.
    pub median: f64,
    /// Its median in all others.
    pub median_of_others: f64,
    /// How far the means of its logarithms are apart, in standard deviations of all places, which count
    /// as 0.25 where they are less.
    pub apart: f64,
}

/// The series of a place.
struct Listening<'a> {
    place: Place,
    streams: &'a DailySeries,
    listeners: &'a DailySeries,
    saves: Option<&'a DailySeries>,
}

/// Finds the segments.
pub fn segments(series: &[DailySeries]) -> Answer<Fanbase> {
    let mut all = listenings(series);
    let newest = all.iter().map(|one| one.streams.last_day()).max();
    // Places must be known over the same days, up to where most of them go on to.
    let end = newest.map(|newest| {
        let near = all
            .iter()
            .map(|one| one.streams.last_day().min(one.listeners.last_day()));
        near.filter(|day| (newest - *day).num_days() <= NEAR_DAYS)
            .min()
            .unwrap_or(newest)
    });
    let late = |one: &Listening<'_>, back: usize| features(one, end?, back);
    all.retain(|one| late(one, 0).is_some() && late(one, DAYS).is_some());
    let known =
        |back: usize| -> Vec<Vec<f64>> { all.iter().filter_map(|one| late(one, back)).collect() };
    let (now, before) = (known(0), known(DAYS));
    if now.len() < FEWEST {
        let what = format!(
            "tracks at sources (or sources) with streams and listeners of the last {} days",
            2 * DAYS
        );
        return Answer::missing(what, FEWEST, now.len());
    }
    let features: Vec<usize> = (0..FEATURES.len())
        .filter(|at| {
            now.iter().all(|point| known_at(point, *at))
                && before.iter().all(|point| known_at(point, *at))
        })
        .collect();
    let (points, earlier) = (scaled(&now, &features), scaled(&before, &features));
    let best = (2..=MOST)
        .filter_map(|count| {
            let found = groups(&points, count, SEED);
            let small = (0..count)
                .any(|group| found.iter().filter(|of| **of == group).count() < FEWEST_OF_SEGMENT);
            let apart = silhouette(&points, &found)?;
            (!small).then_some((apart, count, found))
        })
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let (apart, stability, found) = best.map_or((0.0, 0.0, Vec::new()), |(apart, count, found)| {
        let stability = agreement(&found, &groups(&earlier, count, SEED));
        (apart, stability, found)
    });
    let separated = apart >= APART && stability >= STABLE;
    let told = if separated {
        told(&all, &now, &found, &features, end.unwrap_or_default())
    } else {
        Vec::new()
    };
    let end = end.unwrap_or_default();
    Answer::Ready(Fanbase {
        separated,
        segments: told,
        silhouette: apart,
        stability,
        places: now.len(),
        features: features
            .iter()
            .filter_map(|at| FEATURES.get(*at).copied())
            .collect(),
        method: Method::named("k-means of scaled logarithms, two to four segments by silhouette"),
        window: Window {
            first: end - chrono::Days::new(DAYS as u64 - 1),
            last: end,
            days: DAYS,
            filled_days: 0,
        },
    })
}

/// Every place with streams and listeners. Where a source tells of tracks, they are its places.
fn listenings(series: &[DailySeries]) -> Vec<Listening<'_>> {
    let mut by_place: BTreeMap<Place, BTreeMap<&str, &DailySeries>> = BTreeMap::new();
    for one in series {
        let place = Place {
            source: one.source.clone(),
            track: one.track.clone(),
        };
        by_place.entry(place).or_default().insert(&one.metric, one);
    }
    let mut all: Vec<Listening<'_>> = by_place
        .into_iter()
        .filter_map(|(place, metrics)| {
            Some(Listening {
                place,
                streams: metrics.get("streams").copied()?,
                listeners: metrics.get("listeners").copied()?,
                saves: metrics.get("saves").copied(),
            })
        })
        .collect();
    let with_tracks: Vec<String> = all
        .iter()
        .filter(|one| !one.place.track.is_empty())
        .map(|one| one.place.source.clone())
        .collect();
    all.retain(|one| !one.place.track.is_empty() || !with_tracks.contains(&one.place.source));
    all
}

/// The sum over the days that end `back` days before `end`; none where a day is missing.
fn sum(one: &DailySeries, end: chrono::NaiveDate, back: usize) -> Option<f64> {
    let days = (back..back + DAYS).map(|ago| one.on(end - chrono::Days::new(ago as u64)));
    days.sum()
}

/// The features of a place over the days that end `back` days before `end`. A feature that is not
/// known is not finite; a place without streams or listeners has none.
fn features(one: &Listening<'_>, end: chrono::NaiveDate, back: usize) -> Option<Vec<f64>> {
    let listeners = sum(one.listeners, end, back)?;
    let streams = sum(one.streams, end, back)?;
    if listeners <= 0.0 || streams <= 0.0 {
        return None;
    }
    let saves = one.saves.and_then(|saves| sum(saves, end, back));
    let half = |from: usize| -> Option<f64> {
        let days = (back + from..back + from + DAYS / 2)
            .map(|ago| one.listeners.on(end - chrono::Days::new(ago as u64)));
        days.sum()
    };
    // Half a window against the other half, carried to four weeks.
    let change = 2.0 * ((half(0)? + 1.0) / (half(DAYS / 2)? + 1.0)).ln();
    Some(vec![
        (listeners / DAYS as f64).ln(),
        (streams / listeners).ln(),
        saves.map_or(f64::NAN, |saves| ((saves + 0.5) / listeners).ln()),
        change,
    ])
}

fn known_at(point: &[f64], at: usize) -> bool {
    point.get(at).is_some_and(|value| value.is_finite())
}

/// These features of all points, each with mean 0 and deviation 1, or less where places hardly differ.
fn scaled(points: &[Vec<f64>], features: &[usize]) -> Vec<Vec<f64>> {
    let scales: Vec<(usize, f64, f64)> = features
        .iter()
        .map(|at| {
            let (mean, deviation) = moments(points.iter().filter_map(|point| point.get(*at)));
            (*at, mean, deviation)
        })
        .collect();
    let scale = |point: &Vec<f64>| {
        let values = scales.iter().filter_map(|(at, mean, deviation)| {
            let value = point.get(*at)?;
            Some((value - mean) / deviation)
        });
        values.collect()
    };
    points.iter().map(scale).collect()
}

fn moments<'a>(values: impl Iterator<Item = &'a f64>) -> (f64, f64) {
    let values: Vec<f64> = values.copied().collect();
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>();
    let deviation = (square / count).sqrt();
    (mean, deviation.max(LEAST_SPREAD))
}

fn told(
    all: &[Listening<'_>],
    points: &[Vec<f64>],
    found: &[usize],
    features: &[usize],
    end: chrono::NaiveDate,
) -> Vec<Segment> {
    let count = found.iter().max().map_or(0, |most| most + 1);
    let mut segments: Vec<Segment> = (0..count)
        .map(|group| {
            let own = |at: &usize| *at == group;
            let places = all.iter().zip(found).filter(|(_, of)| own(of));
            Segment {
                places: places.map(|(one, _)| one.place.clone()).collect(),
                share_of_streams: share(all, found, group, end),
                trend: trend(all, found, group, end),
                apart_by: traits(points, found, group, features),
            }
        })
        .collect();
    segments.sort_by(|one, other| {
        let shares = (&other.share_of_streams.share, &one.share_of_streams.share);
        shares
            .0
            .total_cmp(shares.1)
            .then_with(|| one.places.cmp(&other.places))
    });
    segments
}

/// A segment's streams on a day.
fn on(all: &[Listening<'_>], found: &[usize], group: Option<usize>, day: chrono::NaiveDate) -> f64 {
    let own = all.iter().zip(found);
    let own = own.filter(|(_, of)| group.is_none_or(|group| **of == group));
    own.filter_map(|(one, _)| one.streams.on(day)).sum()
}

/// A segment's share of the streams, and how it differs over weeks drawn anew.
fn share(all: &[Listening<'_>], found: &[usize], group: usize, end: chrono::NaiveDate) -> Interval {
    let weeks: Vec<(f64, f64)> = (0..2 * DAYS / WEEK)
        .map(|week| {
            let days = (0..WEEK).map(|ago| end - chrono::Days::new((WEEK * week + ago) as u64));
            days.fold((0.0, 0.0), |(own, whole), day| {
                (
                    own + on(all, found, Some(group), day),
                    whole + on(all, found, None, day),
                )
            })
        })
        .collect();
    let of = |weeks: &[(f64, f64)]| {
        let own: f64 = weeks.iter().map(|week| week.0).sum();
        own / weeks.iter().map(|week| week.1).sum::<f64>().max(1e-12)
    };
    let mut random = Random::part(SEED, group as u64);
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn: Vec<(f64, f64)> = weeks
                .iter()
                .filter_map(|_| weeks.get(random.below(weeks.len())).copied())
                .collect();
            of(&drawn)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let late = weeks.get(..DAYS / WEEK).unwrap_or(&weeks);
    let share = of(late);
    Interval {
        share,
        low: quantile(&drawn, 0.05).min(share),
        high: quantile(&drawn, 0.95).max(share),
    }
}

/// The change of a segment's streams a week over the last twelve, or as many as all places know.
fn trend(
    all: &[Listening<'_>],
    found: &[usize],
    group: usize,
    end: chrono::NaiveDate,
) -> Option<Trend> {
    let own = all.iter().zip(found).filter(|(_, of)| **of == group);
    let first = own.map(|(one, _)| one.streams.first_day()).max()?;
    let days = usize::try_from((end - first).num_days() + 1).ok()?;
    let days: Vec<(chrono::NaiveDate, f64)> = (0..days.min(12 * WEEK))
        .rev()
        .map(|ago| end - chrono::Days::new(ago as u64))
        .map(|day| (day, on(all, found, Some(group), day)))
        .collect();
    let [low, rate, high] = growth::weekly_rate(&DailySeries::new("streams", "", "", &days)?)?;
    Some(Trend {
        weekly_rate: rate,
        low,
        high,
        phase: growth::phase(low, high),
    })
}

fn traits(points: &[Vec<f64>], found: &[usize], group: usize, features: &[usize]) -> Vec<Trait> {
    let mut traits: Vec<Trait> = features
        .iter()
        .filter_map(|at| {
            let of = |own: bool| -> Vec<f64> {
                let which = points
                    .iter()
                    .zip(found)
                    .filter(|(_, of)| (**of == group) == own);
                let mut values: Vec<f64> = which
                    .filter_map(|(point, _)| point.get(*at).copied())
                    .collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (own, others) = (of(true), of(false));
            let (_, deviation) = moments(points.iter().filter_map(|point| point.get(*at)));
            let (mean, _) = moments(own.iter());
            let (mean_of_others, _) = moments(others.iter());
            let plain = |log: f64| if *at == 3 { log.exp() - 1.0 } else { log.exp() };
            Some(Trait {
                feature: FEATURES.get(*at)?,
                median: plain(quantile(&own, 0.5)),
                median_of_others: plain(quantile(&others, 0.5)),
                apart: (mean - mean_of_others) / deviation,
            })
        })
        .collect();
    traits.sort_by(|one, other| other.apart.abs().total_cmp(&one.apart.abs()));
    traits
}
