//! Training windows: where they are cut, how they are scaled, and how they are varied.

use super::frame::{FURTHEST, Frame};
use super::net::single;
use crate::forecast::metrics::scale;
use crate::forecast::series::Series;
use crate::random::Random;

/// The largest weight of a series relative to the mean: a nearly constant one must not count alone.
const HEAVIEST: f64 = 5.0;
/// How often the history before a window is cut off and made up, as that of a short series is.
const SHORTENED: f64 = 0.2;
/// How often a window is mixed with another: half-way between two series lies one that might have
/// been.
const MIXED: f64 = 0.7;
/// How often the later one of two origins is taken: what is forecast next comes after them all.
const RECENT: f64 = 0.7;

/// One series, ready for cutting.
#[derive(Debug, Clone)]
pub(super) struct Track {
    values: Vec<f64>,
    /// How much an error of the logarithm counts: half the sMAPE's way, the same for all, and half
    /// the MASE's, more where a series moves little.
    weight: f64,
    /// Place of the first value in the season.
    phase: Option<usize>,
}

/// Windows, row by row.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) inputs: Vec<f32>,
    /// Logarithms relative to the window's level.
    pub(super) targets: Vec<f32>,
    /// One a row.
    pub(super) weights: Vec<f32>,
}

impl Track {
    /// Those of the series that are long enough, with all that is known of each.
    pub(super) fn all(series: &[Series], frame: &Frame) -> Vec<Self> {
        let mut tracks = Vec::new();
        for each in series {
            let values: Vec<f64> = each.history.iter().chain(&each.followed).copied().collect();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            let Some(scale) = scale(&values, frame.season) else {
                continue;
            };
            let sound = each.never_negative() && mean > 0.0;
            if values.len() >= frame.least() + frame.horizon && sound {
                tracks.push(Self {
                    values,
                    weight: mean / scale,
                    phase: phase(each, frame),
                });
            }
        }
        let mean =
            tracks.iter().map(|track| track.weight).sum::<f64>() / tracks.len().max(1) as f64;
        for track in &mut tracks {
            track.weight = 0.5 + 0.5 * (track.weight / mean).min(HEAVIEST);
        }
        tracks
    }

    /// How many values it has.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The origin near this one that stands at a place in the season, where places are known.
    fn aligned(&self, frame: &Frame, origin: usize, phase: Option<usize>) -> Option<usize> {
        let (Some(own), Some(wanted)) = (self.phase, phase) else {
            return Some(origin);
        };
        let ahead = (own + origin + frame.season - wanted) % frame.season;
        let near = [
            origin.checked_sub(ahead),
            Some(origin + frame.season - ahead),
        ];
        let origins = self.origins(frame);
        near.into_iter()
            .flatten()
            .find(|origin| origins.contains(origin))
    }

    /// The origins that windows may be cut at.
    fn origins(&self, frame: &Frame) -> std::ops::Range<usize> {
        frame.least()..self.values.len() + 1 - frame.horizon
    }
}

/// The place of a series' first value in a season that has a calendar.
pub(super) fn phase(series: &Series, frame: &Frame) -> Option<usize> {
    if frame.season == 7 {
        series.weekday()
    } else {
        None
    }
}

/// One window and what followed it, as logarithms relative to its level.
struct Cut {
    window: Vec<f64>,
    target: Vec<f64>,
}

impl Cut {
    fn new(frame: &Frame, values: &[f64], from: usize, origin: usize) -> Self {
        let known = values.get(from..origin).unwrap_or_default();
        let (logs, added) = frame.logs(&frame.window(known));
        let level = frame.level(&logs);
        let followed = values.iter().skip(origin).take(frame.horizon);
        Self {
            window: logs.iter().map(|log| log - level).collect(),
            target: followed
                .map(|value| (value.max(0.0) + added).ln() - level)
                .collect(),
        }
    }

    /// Moves this one towards another by a share of the way.
    fn mix(&mut self, other: &Self, share: f64) {
        let pairs = [
            (&mut self.window, &other.window),
            (&mut self.target, &other.target),
        ];
        for (values, others) in pairs {
            for (value, other) in values.iter_mut().zip(others) {
                *value += share * (other - *value);
            }
        }
    }

    fn push(&self, frame: &Frame, phase: Option<usize>, weight: f64, batch: &mut Batch) {
        push_inputs(frame, &self.window, phase, &mut batch.inputs);
        let cut = |value: &f64| single(value.clamp(-FURTHEST, FURTHEST));
        batch.targets.extend(self.target.iter().map(cut));
        batch.weights.push(single(weight));
    }
}

/// A window's logarithms relative to its level, and the place in the season of the first step
/// forecast, as the network takes them.
pub(super) fn push_inputs(
    frame: &Frame,
    window: &[f64],
    phase: Option<usize>,
    into: &mut Vec<f32>,
) {
    into.extend(
        window
            .iter()
            .map(|log| single(log.clamp(-FURTHEST, FURTHEST))),
    );
    if frame.phased {
        let place = |at: usize| if phase == Some(at) { 1.0 } else { 0.0 };
        into.extend((0..frame.season).map(place));
    }
}

/// A random window.
pub(super) fn sample(frame: &Frame, tracks: &[&Track], random: &mut Random, batch: &mut Batch) {
    let Some((track, origin)) = pick(frame, tracks, random) else {
        return;
    };
    let least = frame.least();
    let short = random.unit() < SHORTENED && origin > least;
    let from = if short {
        random.below(origin - least)
    } else {
        0
    };
    let mut cut = Cut::new(frame, &track.values, from, origin);
    let phase = track.phase.map(|phase| (phase + origin) % frame.season);
    let mut weight = track.weight;
    if random.unit() < MIXED
        && let Some((other, origin)) = pick(frame, tracks, random)
        && let Some(origin) = other.aligned(frame, origin, phase)
    {
        let share = random.unit();
        cut.mix(&Cut::new(frame, &other.values, 0, origin), share);
        weight += share * (other.weight - weight);
    }
    cut.push(frame, phase, weight, batch);
}

fn pick<'a>(
    frame: &Frame,
    tracks: &[&'a Track],
    random: &mut Random,
) -> Option<(&'a Track, usize)> {
    let track = *tracks.get(random.below(tracks.len()))?;
    let origins = track.origins(frame);
    let mut at = random.below(origins.len());
    if random.unit() < RECENT {
        at = at.max(random.below(origins.len()));
    }
    Some((track, origins.start + at))
}

/// Up to `most` windows of a series, spread evenly over its later half.
pub(super) fn later(frame: &Frame, track: &Track, most: usize, batch: &mut Batch) {
    let origins = track.origins(frame);
    let later = origins.start.midpoint(origins.end)..origins.end;
    let stride = later.len().div_ceil(most.max(1)).max(1);
    for origin in later.step_by(stride) {
        let phase = track.phase.map(|phase| (phase + origin) % frame.season);
        Cut::new(frame, &track.values, 0, origin).push(frame, phase, track.weight, batch);
    }
}
