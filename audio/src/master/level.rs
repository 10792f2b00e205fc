//! Finds the gain that brings the limited track to its loudness, and stops before harm is done.
//!
//! The search runs on the levels of the ticks alone, so that a trial costs milliseconds and not
//! a pass over the track.

use super::levels::Levels;
use super::reductions::Reductions;
use super::store::Store;
use crate::Result;
use crate::control::Progress;
use crate::meter::amplitude;
use crate::meter::hops::Hops;
use crate::stage::limiter::Limiter;

/// The search ends this close to the target, in LU.
const CLOSE_ENOUGH_LU: f64 = 0.003;
/// Most trials for one length of fade.
const MOST_TRIALS: u32 = 30;
/// Mean reduction (over the time in which the limiter works) that a track can bear.
pub(crate) const MOST_MEAN_DB: f64 = 6.0;
/// Depth that the limiter may pass for a moment only.
pub(crate) const MOST_DEPTH_DB: f64 = 10.0;
/// That moment, in ticks: peaks this rare are clicks, and may be held however high they are.
const MOMENT_TICKS: u64 = 50;
/// Limiting takes loudness away; the search may add this much gain to make up for it.
const MOST_MAKE_UP_DB: f64 = 8.0;
/// Gains within this of the last one need no new look for peaks.
const HEADROOM_DB: f64 = 0.5;
/// The limiter's fade is chosen between these, in milliseconds, in so many equal ratios. A
/// short one leaves more of the track as it was, a long one distorts less.
const SHORTEST_FADE_MS: f64 = 5.0;
const LONGEST_FADE_MS: f64 = 40.0;
const FADE_STEPS: u32 = 15;
/// The shortest fade that keeps the limiter's distortion under this is chosen.
const MOST_RESIDUAL_DB: f64 = -40.5;

/// What to reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) integrated_lufs: f64,
    /// What the limiter holds, in dBTP.
    pub(crate) ceiling_dbtp: f64,
}

/// The outcome.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub(crate) gain_db: f64,
    pub(crate) fade_ms: f64,
    pub(crate) limiter: Limiter,
    pub(crate) reductions: Reductions,
    /// The limiter's distortion, in dB of the whole.
    pub(crate) residual_db: f64,
    pub(crate) outcome: Outcome,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// At the goal.
    Reached,
    /// Where more gain would do harm.
    Harm,
    /// Where more gain would bring next to nothing: all the loudness lies in peaks that are
    /// held, or jumps at the meter's gate.
    Stuck,
}

/// What came of one length of the fade. The limiter's curve is not kept: it is as long as the track,
/// and quickly made again.
#[derive(Clone, Copy)]
struct Fading {
    gain_db: f64,
    fade_ms: f64,
    residual_db: f64,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
struct Trial {
    gain_db: f64,
    loudness: f64,
    harmful: bool,
}

/// Finds the level: `start_db` would be right if the limiter took no loudness away.
pub(crate) fn find(
    levels: &mut Levels,
    audio: &mut Store,
    channels: usize,
    goal: Goal,
    start_db: f64,
    progress: &mut Progress<'_>,
) -> Result<Level> {
    // First by the samples as they are, to know which peaks can matter at all.
    let mut gain_db = Search::new(levels, goal, start_db)
        .at_fade(10.0, start_db)
        .0;
    loop {
        let most_gain_db = gain_db.max(start_db) + HEADROOM_DB;
        let above = amplitude(goal.ceiling_dbtp - most_gain_db);
        if !levels.knows_peaks_above(above) {
            levels.find_peaks(audio, channels, above, progress)?;
        }
        let found = Search::new(levels, goal, start_db).run();
        let needed = amplitude(goal.ceiling_dbtp - found.gain_db);
        if levels.knows_peaks_above(needed) {
            return Ok(found);
        }
        gain_db = found.gain_db;
    }
}

/// A gain and nothing else, for tracks that no limiter needs to touch.
pub(crate) fn plain(levels: &Levels, gain_db: f64) -> Level {
    let mut limiter = Limiter::new(levels.grid);
    limiter.hold(levels.peaks(), f64::INFINITY, 1.0);
    Level {
        gain_db,
        fade_ms: 0.0,
        reductions: Reductions::of(&limiter),
        limiter,
        residual_db: -200.0,
        outcome: Outcome::Reached,
    }
}

struct Search<'a> {
    levels: &'a Levels,
    goal: Goal,
    most_gain_db: f64,
    start_db: f64,
    limiter: Limiter,
    hops: Hops,
}

impl<'a> Search<'a> {
    fn new(levels: &'a Levels, goal: Goal, start_db: f64) -> Self {
        Self {
            levels,
            goal,
            most_gain_db: start_db + MOST_MAKE_UP_DB,
            start_db,
            limiter: Limiter::new(levels.grid),
            hops: levels.hops(),
        }
    }

    /// Looks for the shortest fade that distorts little enough; the longest if none does.
    fn run(mut self) -> Level {
        let fits = |found: &Fading| found.residual_db <= MOST_RESIDUAL_DB;
        let mut found = self.with_fade(0, self.start_db);
        if !fits(&found) {
            let (mut short, mut long) = (0, FADE_STEPS);
            let mut best = None;
            while short + 1 < long {
                let step = u32::midpoint(short, long);
                found = self.with_fade(step, found.gain_db);
                if fits(&found) {
                    long = step;
                    best = Some(found);
                } else {
                    short = step;
                }
            }
            found = best.unwrap_or_else(|| self.with_fade(FADE_STEPS, found.gain_db));
        }
        self.hold(found.gain_db, found.fade_ms);
        Level {
            gain_db: found.gain_db,
            fade_ms: found.fade_ms,
            reductions: Reductions::of(&self.limiter),
            residual_db: found.residual_db,
            outcome: found.outcome,
            limiter: self.limiter,
        }
    }

    fn with_fade(&mut self, step: u32, start_db: f64) -> Fading {
        let share = f64::from(step) / f64::from(FADE_STEPS);
        let fade_ms = SHORTEST_FADE_MS * (LONGEST_FADE_MS / SHORTEST_FADE_MS).powf(share);
        let (gain_db, outcome) = self.at_fade(fade_ms, start_db);
        self.hold(gain_db, fade_ms);
        Fading {
            gain_db,
            fade_ms,
            residual_db: self.limiter.residual_db(self.levels.powers()),
            outcome,
        }
    }

    /// The gain for one length of the fade.
    fn at_fade(&mut self, fade_ms: f64, start_db: f64) -> (f64, Outcome) {
        let mut below: Option<Trial> = None;
        let mut above: Option<Trial> = None;
        // Gated loudness jumps where a passage crosses the gate, so that the search may not end on
        // the goal itself: then the nearest harmless trial is the result.
        let mut nearest: Option<Trial> = None;
        let mut gain_db = start_db;
        let mut outcome = Outcome::Stuck;
        for trials in 0..MOST_TRIALS {
            let trial = self.try_gain(gain_db, fade_ms);
            let missing = self.goal.integrated_lufs - trial.loudness;
            let nearer =
                |other: Trial| missing.abs() < (self.goal.integrated_lufs - other.loudness).abs();
            if !trial.harmful && nearest.is_none_or(nearer) {
                nearest = Some(trial);
            }
            if trial.harmful {
                outcome = Outcome::Harm;
                above = Some(trial);
            } else if missing.abs() <= CLOSE_ENOUGH_LU {
                outcome = Outcome::Reached;
                break;
            } else if missing > 0.0 {
                below = Some(trial);
            } else {
                outcome = Outcome::Stuck;
                above = Some(trial);
            }
            let next_db = match (&below, &above) {
                // Between a gain that is harmless and one that is not: halve.
                (Some(low), Some(high)) if high.harmful => {
                    if high.gain_db - low.gain_db < 0.02 {
                        break;
                    }
                    f64::midpoint(low.gain_db, high.gain_db)
                }
                (Some(low), Some(high)) => self.between(*low, *high, trials),
                // Every decibel of gain yields less than one of loudness, the less the more
                // the limiter works already.
                (Some(low), None) => low.gain_db + missing * if trials == 0 { 1.15 } else { 1.6 },
                (None, Some(high)) if high.harmful => high.gain_db - 3.0,
                (None, Some(high)) => high.gain_db + missing * 1.05,
                (None, None) => gain_db,
            }
            .min(self.most_gain_db);
            if (next_db - gain_db).abs() < 1.0e-4 {
                break;
            }
            gain_db = next_db;
        }
        (nearest.map_or(gain_db, |trial| trial.gain_db), outcome)
    }

    /// On the line between two trials; now and then in the middle, for the line may be a step.
    fn between(&self, low: Trial, high: Trial, trials: u32) -> f64 {
        if trials % 4 == 3 {
            return f64::midpoint(low.gain_db, high.gain_db);
        }
        let slope = (high.loudness - low.loudness) / (high.gain_db - low.gain_db);
        low.gain_db + (self.goal.integrated_lufs - low.loudness) / slope.max(0.05)
    }

    fn hold(&mut self, gain_db: f64, fade_ms: f64) {
        let threshold = amplitude(self.goal.ceiling_dbtp - gain_db);
        self.limiter.hold(self.levels.peaks(), threshold, fade_ms);
    }

    fn try_gain(&mut self, gain_db: f64, fade_ms: f64) -> Trial {
        self.hold(gain_db, fade_ms);
        self.levels
            .predict(amplitude(gain_db), &self.limiter, &mut self.hops);
        let reductions = Reductions::of(&self.limiter);
        Trial {
            gain_db,
            loudness: self.hops.integrated().unwrap_or(-120.0),
            harmful: reductions.summary().mean_db > MOST_MEAN_DB
                || reductions.passed_for(MOMENT_TICKS) > MOST_DEPTH_DB,
        }
    }
}
