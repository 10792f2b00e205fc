//! How what was measured in tracks goes together with how they do. Going together is not a cause, and
//! of many features one or the other goes together by chance: so the probability of that is told,
//! over all features at once.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::correlation::{pearson, ranks};
use super::outlook::quantile;
use super::report::{Answer, Method};
use super::series::DailySeries;
use crate::random::Random;

/// The fewest tracks that say anything.
const FEWEST: usize = 12;
/// Most tracks, the first of those that are given.
const MOST: usize = 500;
/// Days of a period.
const DAYS: u64 = 28;
/// A track that begins so many days after all metrics was released then; one before may be older.
const NEW_AFTER: i64 = 7;
/// Random orders of outcomes.
const ORDERS: usize = 2000;
/// Draws of tracks.
const DRAWS: usize = 500;
const SEED: u64 = 1;
/// The probability of chance under which a correlation is clear.
const CLEAR: f64 = 0.05;

/// A track with what was measured in it.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredTrack {
    /// The words that metrics know it by: its id, its ISRC.
    pub words: Vec<String>,
    /// Figures by name; only those that are known, all finite.
    pub features: BTreeMap<String, f64>,
}

/// What goes together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Music {
    /// One for each way to do well.
    pub outcomes: Vec<Outcome>,
    /// How it was done.
    pub method: Method,
}

/// One way to do well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// `streams_of_first_28_days`, `streams_of_days_29_to_56_by_first_28`, `streams_of_last_28_days`,
    /// `saves_by_streams`.
    pub outcome: &'static str,
    /// What goes together with it, the strongest first.
    #[serde(flatten)]
    pub found: Answer<Correlations>,
}

/// Correlations with one outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correlations {
    /// Tracks that it is known of.
    pub tracks: usize,
    /// One for each feature that differs between tracks.
    pub correlations: Vec<Together>,
}

/// One correlation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Together {
    /// The feature.
    pub feature: String,
    /// Of ranks, −1 to 1.
    pub correlation: f64,
    /// The lower end of its 90 % bootstrap interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How likely chance alone makes any feature go together with the outcome so closely.
    pub p_value: f64,
    /// Whether that is less than 5 %.
    pub clear: bool,
    /// Tracks that both are known of.
    pub tracks: usize,
}

/// Looks at all tracks that metrics know.
pub fn insights(series: &[DailySeries], tracks: &[MeasuredTrack]) -> Answer<Music> {
    let linked: Vec<(&MeasuredTrack, Doing)> = tracks
        .iter()
        .take(MOST)
        .filter_map(|track| Some((track, Doing::of(series, track)?)))
        .collect();
    if linked.len() < FEWEST {
        let what = "tracks that were analysed and that metrics name by their id or ISRC";
        return Answer::missing(what, FEWEST, linked.len());
    }
    let outcomes: [(&'static str, Measure); 4] = [
        ("streams_of_first_28_days", |doing| doing.first),
        ("streams_of_days_29_to_56_by_first_28", |doing| doing.held),
        ("streams_of_last_28_days", |doing| doing.late),
        ("saves_by_streams", |doing| doing.saved),
    ];
    let outcomes = outcomes.map(|(outcome, of)| {
        let known: Vec<(&MeasuredTrack, f64)> = linked
            .iter()
            .filter_map(|(track, doing)| Some((*track, of(doing)?)))
            .collect();
        Outcome {
            outcome,
            found: correlations(&known),
        }
    });
    Answer::Ready(Music {
        outcomes: outcomes.into(),
        method: Method::named(
            "Spearman's correlation, its p-value by random orders over all features at once",
        ),
    })
}

/// One way to do well, where it is known.
type Measure = fn(&Doing) -> Option<f64>;

/// How a track does.
struct Doing {
    first: Option<f64>,
    held: Option<f64>,
    late: Option<f64>,
    saved: Option<f64>,
}

impl Doing {
    fn of(series: &[DailySeries], track: &MeasuredTrack) -> Option<Self> {
        let of = |metric: &str| -> Vec<&DailySeries> {
            let own = series.iter().filter(|one| one.metric == metric);
            own.filter(|one| track.words.contains(&one.track)).collect()
        };
        let streams = of("streams");
        let begun = streams.iter().map(|one| one.first_day()).min()?;
        let end = streams.iter().map(|one| one.last_day()).max()?;
        let oldest = series.iter().map(DailySeries::first_day).min()?;
        let is_new = (begun - oldest).num_days() >= NEW_AFTER;
        let first = sum(&streams, begun, end).filter(|sum| is_new && *sum > 0.0);
        let second = sum(&streams, begun + Days::new(DAYS), end);
        let from = end - Days::new(DAYS - 1);
        let late = sum(&streams, from, end).filter(|_| from >= begun);
        let saves = sum(&of("saves"), from, end);
        Some(Self {
            first: first.map(f64::ln_1p),
            held: first
                .zip(second)
                .map(|(first, second)| ((second + 1.0) / (first + 1.0)).ln()),
            late: late.map(f64::ln_1p),
            saved: late
                .zip(saves)
                .filter(|(streams, _)| *streams > 0.0)
                .map(|(streams, saves)| ((saves + 0.5) / (streams + 1.0)).ln()),
        })
    }
}

/// The sum over a period; none where it goes on beyond the last day, or nothing is there.
fn sum(series: &[&DailySeries], from: NaiveDate, end: NaiveDate) -> Option<f64> {
    if from + Days::new(DAYS - 1) > end || series.is_empty() {
        return None;
    }
    let days = (0..DAYS).map(|at| from + Days::new(at));
    Some(
        days.flat_map(|day| series.iter().filter_map(move |one| one.on(day)))
            .sum(),
    )
}

/// One feature's ranks, and the places of its tracks among those of the outcome.
struct Ranked<'a> {
    feature: &'a str,
    ranks: Vec<f64>,
    places: Vec<usize>,
}

impl Ranked<'_> {
    fn correlation(&self, outcome: &[f64]) -> Option<f64> {
        let others = self.places.iter().filter_map(|place| outcome.get(*place));
        let pairs: Vec<_> = self.ranks.iter().copied().zip(others.copied()).collect();
        pearson(&pairs)
    }

    /// The 90 % interval over tracks drawn anew.
    fn interval(&self, outcome: &[f64]) -> Option<[f64; 2]> {
        let others = self.places.iter().filter_map(|place| outcome.get(*place));
        let pairs: Vec<_> = self.ranks.iter().copied().zip(others.copied()).collect();
        let mut random = Random::new(SEED);
        let mut drawn: Vec<f64> = (0..DRAWS)
            .filter_map(|_| {
                let drawn: Vec<_> = (0..pairs.len())
                    .filter_map(|_| pairs.get(random.below(pairs.len())).copied())
                    .collect();
                pearson(&drawn)
            })
            .collect();
        drawn.sort_by(f64::total_cmp);
        (!drawn.is_empty()).then(|| [0.05, 0.95].map(|share| quantile(&drawn, share)))
    }
}

fn correlations(known: &[(&MeasuredTrack, f64)]) -> Answer<Correlations> {
    if known.len() < FEWEST {
        let what = "analysed tracks that this is known of";
        return Answer::missing(what, FEWEST, known.len());
    }
    let mut outcome = ranks(known.iter().map(|(_, outcome)| *outcome));
    let mut names: Vec<&str> = known
        .iter()
        .flat_map(|(track, _)| track.features.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    let features: Vec<Ranked<'_>> = names
        .into_iter()
        .filter_map(|feature| {
            let values = known.iter().enumerate();
            let (places, values): (Vec<usize>, Vec<f64>) = values
                .filter_map(|(place, (track, _))| Some((place, *track.features.get(feature)?)))
                .unzip();
            (places.len() >= FEWEST).then(|| Ranked {
                feature,
                ranks: ranks(values.into_iter()),
                places,
            })
        })
        .collect();
    let found: Vec<(&Ranked<'_>, f64, [f64; 2])> = features
        .iter()
        .filter_map(|one| {
            let correlation = one.correlation(&outcome)?;
            Some((one, correlation, one.interval(&outcome)?))
        })
        .collect();
    // The closest of all features under each random order (Westfall, Young 1993).
    let mut random = Random::new(SEED);
    let closest: Vec<f64> = (0..ORDERS)
        .map(|_| {
            random.shuffle(&mut outcome);
            let all = found
                .iter()
                .filter_map(|(one, ..)| one.correlation(&outcome));
            all.map(f64::abs).fold(0.0, f64::max)
        })
        .collect();
    let mut correlations: Vec<Together> = found
        .iter()
        .map(|(one, correlation, [low, high])| {
            // What is as close but for rounding is as close.
            let as_close = closest
                .iter()
                .filter(|by_chance| **by_chance >= correlation.abs() - 1e-12);
            let p_value = (as_close.count() + 1) as f64 / (ORDERS + 1) as f64;
            Together {
                feature: one.feature.to_owned(),
                correlation: *correlation,
                low: low.min(*correlation),
                high: high.max(*correlation),
                p_value,
                clear: p_value < CLEAR,
                tracks: one.places.len(),
            }
        })
        .collect();
    correlations.sort_by(|one, other| {
        let strength = other.correlation.abs().total_cmp(&one.correlation.abs());
        strength.then_with(|| one.feature.cmp(&other.feature))
    });
    Answer::Ready(Correlations {
        tracks: known.len(),
        correlations,
    })
}
