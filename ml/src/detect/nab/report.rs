//! Results: every profile, at the best threshold and by split halves.

use super::corpus::Corpus;
use super::score::{Curve, LOW_FN, LOW_FP, Profile, STANDARD};
use crate::random::Random;

/// A line of the public scoreboard: scores on all 58 files at thresholds chosen on them.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    /// The detector.
    pub detector: &'static str,
    /// Its standard score.
    pub standard: f64,
}

/// The public scoreboard, as the benchmark's README has it.
pub const PUBLISHED: &[Published] = &[
    published("ARTime", 74.9),
    published("Numenta HTM", 70.5),
    published("CAD OSE", 69.9),
    published("earthgecko Skyline", 58.2),
    published("KNN CAD", 58.0),
    published("relative entropy", 54.6),
    published("random cut forest", 51.7),
    published("Twitter ADVec", 47.1),
    published("windowed Gaussian", 39.6),
    published("Etsy Skyline", 35.7),
    published("Bayesian changepoint", 17.7),
    published("EXPoSE", 16.4),
    published("random", 11.0),
];

const fn published(detector: &'static str, standard: f64) -> Published {
    Published { detector, standard }
}

/// Random divisions of the files into halves.
const SPLITS: u64 = 20;

/// What a detector achieved under one profile.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// The profile.
    pub profile: &'static str,
    /// The score at the one threshold that is best for these very files: comparable with the
    /// scoreboard, and as hopeful.
    pub best: f64,
    /// That threshold.
    pub threshold: f64,
    /// The mean over 20 random divisions of the files: each half is scored at the threshold that
    /// is best for the other.
    pub split_half: f64,
    /// The least and the highest of these.
    pub split_half_range: (f64, f64),
}

/// Scores a detector: `scores` are one list a file, in the corpus's order.
pub fn evaluate(corpus: &Corpus, scores: &[Vec<f64>]) -> Vec<Report> {
    [STANDARD, LOW_FP, LOW_FN]
        .iter()
        .map(|profile| one(corpus, scores, profile))
        .collect()
}

fn one(corpus: &Corpus, scores: &[Vec<f64>], profile: &Profile) -> Report {
    let curves: Vec<Curve> = corpus
        .files
        .iter()
        .zip(scores)
        .map(|(file, scores)| Curve::new(scores, &file.windows, profile))
        .collect();
    let windows = corpus.windows() as f64;
    let scale = |total: f64| {
        100.0 * (total + profile.fn_ * windows) / (windows * (profile.tp + profile.fn_))
    };
    let all: Vec<&Curve> = curves.iter().collect();
    let threshold = best(&all);
    let halves: Vec<f64> = (0..SPLITS)
        .map(|seed| {
            let mut random = Random::new(seed);
            let (one, two): (Vec<&Curve>, Vec<&Curve>) =
                all.iter().copied().partition(|_| random.unit() < 0.5);
            scale(total(&two, best(&one)) + total(&one, best(&two)))
        })
        .collect();
    Report {
        profile: profile.name,
        best: scale(total(&all, threshold)),
        threshold,
        split_half: halves.iter().sum::<f64>() / halves.len() as f64,
        split_half_range: (
            halves.iter().copied().fold(f64::INFINITY, f64::min),
            halves.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ),
    }
}

fn total(curves: &[&Curve], threshold: f64) -> f64 {
    curves.iter().map(|curve| curve.at(threshold)).sum()
}

/// The threshold with the highest total; one above every score where no detection pays.
fn best(curves: &[&Curve]) -> f64 {
    let mut thresholds: Vec<f64> = curves.iter().flat_map(|curve| curve.thresholds()).collect();
    thresholds.retain(|threshold| *threshold > 0.0);
    thresholds.sort_by(|one, two| two.total_cmp(one));
    thresholds.dedup();
    let mut found = (f64::INFINITY, total(curves, f64::INFINITY));
    for threshold in thresholds {
        let score = total(curves, threshold);
        if score > found.1 {
            found = (threshold, score);
        }
    }
    found.0
}
