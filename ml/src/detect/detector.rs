//! The detector: three channels, one surprise, one score.

use super::level::Level;
use super::quiet::Quiet;
use super::ranked::Ranked;
use super::season::Season;
use super::shape::Shape;
use super::tail::Tail;

/// The surprise, in nats, that scores one half.
const HALF: f64 = 10.0;
/// Seasonal distances that are averaged: one odd point of an earlier season is no news.
const SMOOTHED: usize = 3;
/// Errors of an expectation remembered, for its interval and for the choice between two.
const ERRORS: usize = 1024;
/// The share of errors that the interval holds.
const COVERAGE: f64 = 0.95;
/// How quickly the mean error of an expectation forgets.
const FORGETS: f64 = 0.01;

/// What is said of one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// 0 to 1; 0 while a stronger alarm is fresh. Half means that, if channels were independent
    /// and the past a guide, some such point would come in tens of thousands.
    pub score: f64,
    /// The surprise itself, in nats, 0 or more, whether or not an alarm is fresh.
    pub surprise: f64,
    /// The value that the past led to expect: of the level or of the season, whichever was nearer
    /// of late. The value itself at the first point.
    pub expected: f64,
    /// Below this the value is outside of what 95 % of past errors would explain.
    pub low: f64,
    /// Above this likewise.
    pub high: f64,
}

/// An expectation and how far it was off.
#[derive(Debug, Clone)]
struct Forecaster {
    errors: Ranked,
    mean_error: Option<f64>,
}

impl Forecaster {
    fn new() -> Self {
        Self {
            errors: Ranked::new(ERRORS),
            mean_error: None,
        }
    }

    fn learn(&mut self, error: f64) {
        let mean = self.mean_error.unwrap_or(error);
        self.mean_error = Some(mean + FORGETS * (error - mean));
        self.errors.push(error);
    }

    fn reach(&self) -> f64 {
        self.errors.quantile(COVERAGE).unwrap_or_default()
    }
}

/// Watches one series. Memory is bounded (under 2 MB), and so is the time a point takes.
#[derive(Debug, Clone)]
pub struct Detector {
    level: Level,
    shape: Shape,
    season: Season,
    tails: [Tail; 3],
    by_level: Forecaster,
    by_season: Forecaster,
    recent: [f64; SMOOTHED],
    recent_sum_of: usize,
    quiet: Quiet,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// Nothing was seen.
    pub fn new() -> Self {
        Self {
            level: Level::new(),
            shape: Shape::new(),
            season: Season::new(),
            tails: [Tail::new(), Tail::new(), Tail::new()],
            by_level: Forecaster::new(),
            by_season: Forecaster::new(),
            recent: [0.0; SMOOTHED],
            recent_sum_of: 0,
            quiet: Quiet::default(),
        }
    }

    /// Judges the point at `time_seconds` (any epoch; points may repeat a time or come late) by
    /// those before it, then remembers it. `value` must be finite: what isn't counts as 0.
    pub fn step(&mut self, time_seconds: i64, value: f64) -> Verdict {
        let value = if value.is_finite() { value } else { 0.0 };
        let level = self.level.expect(value);
        let season = self.season.expect(time_seconds, value);
        let (expected, reach) = self.expectation(level, season).unwrap_or((value, 0.0));

        let from_level = level.map_or(0.0, |level| (value - level).abs());
        let from_season = season.map_or(0.0, |season| (value - season).abs());
        if level.is_some() {
            self.by_level.learn(from_level);
        }
        if season.is_some() {
            self.by_season.learn(from_season);
        }
        let smoothed = self.smooth(from_season);
        let distances = [
            from_level,
            self.shape.distance(value).unwrap_or_default(),
            smoothed,
        ];

        let (mut sum, mut highest) = (0.0, 0.0_f64);
        for (tail, distance) in self.tails.iter_mut().zip(distances) {
            let surprise = tail.surprise(distance.min(f64::MAX));
            sum += surprise;
            highest = highest.max(surprise);
        }
        let surprise = sum / distances.len() as f64 + highest;
        let speaks = self.quiet.speaks(surprise);
        Verdict {
            score: if speaks {
                surprise / (surprise + HALF)
            } else {
                0.0
            },
            surprise,
            expected,
            low: expected - reach,
            high: expected + reach,
        }
    }

    /// The better expectation of late, and how far 95 % of its errors reached.
    fn expectation(&self, level: Option<f64>, season: Option<f64>) -> Option<(f64, f64)> {
        let by_level = level.map(|level| (level, self.by_level.reach()));
        let by_season = season.map(|season| (season, self.by_season.reach()));
        match (self.by_level.mean_error, self.by_season.mean_error) {
            (Some(of_level), Some(of_season)) if of_season < of_level => by_season.or(by_level),
            _ => by_level,
        }
    }

    fn smooth(&mut self, distance: f64) -> f64 {
        self.recent.rotate_left(1);
        if let Some(last) = self.recent.last_mut() {
            *last = distance;
        }
        self.recent_sum_of = (self.recent_sum_of + 1).min(SMOOTHED);
        self.recent.iter().sum::<f64>() / self.recent_sum_of as f64
    }
}
