//! Finds the gain that brings the limited track to its target, and stops before harm is done.

use super::limiting::{Limiting, Reductions};
use super::settings::Target;
use super::shape::PeakOf;
use crate::control::Progress;
use crate::decode::Place;
use crate::meter::loudness::Loudness;
use crate::meter::{amplitude, decibels};
use crate::{Result, Stage};

/// The search ends this close to the target, in LU.
const CLOSE_ENOUGH_LU: f64 = 0.02;
/// Most passes over the track.
const MOST_PASSES: u32 = 8;
/// Mean reduction (over the time in which the limiter works) that a track can bear.
pub(crate) const MOST_MEAN_DB: f64 = 6.0;
/// Depth that the limiter may pass for a moment only.
pub(crate) const MOST_DEPTH_DB: f64 = 10.0;
/// That moment: peaks this rare are clicks, and may be held however high they are.
const MOMENT_SECONDS: f64 = 0.05;
/// The limiter aims this far under the ceiling, for what its detector may miss.
const MARGIN_DB: f64 = 0.02;
/// Most passes that hold the result against the ceiling.
const MOST_CHECKS: u16 = 4;
/// Overshoot that is not worth another pass.
const TOLERANCE_DB: f64 = 0.005;

/// The outcome.
pub(crate) struct Found {
    pub gain_db: f64,
    /// Ceiling that the limiter works with, in dBTP: a little under the target's.
    pub ceiling_db: f64,
    pub stopped_by_harm: bool,
}

pub(crate) struct Search<'a, 'b> {
    pub limiting: &'a mut Limiting,
    pub target: &'a Target,
    /// The envelope knows no peaks that would matter only beyond this gain.
    pub most_gain_db: f64,
    pub progress: &'a mut Progress<'b>,
}

#[derive(Clone, Copy)]
struct Trial {
    gain_db: f64,
    loudness: f64,
    harmful: bool,
}

impl Search<'_, '_> {
    /// The search proper: `start_db` would be right if the limiter took no loudness away.
    pub(crate) fn run(&mut self, start_db: f64, share: (f32, f32)) -> Result<Found> {
        let ceiling_db = self.target.ceiling_dbtp - MARGIN_DB;
        let goal = self.target.integrated_lufs;
        let mut below: Option<Trial> = None;
        let mut above: Option<Trial> = None;
        // Gated loudness jumps where a passage crosses the gate, so that the search may not end on
        // the goal itself: then the nearest harmless trial is the result.
        let mut nearest: Option<Trial> = None;
        let mut gain_db = start_db;
        let mut stopped_by_harm = false;
        let step = (share.1 - share.0) / 10.0;
        let mut from = share.0;
        for pass in 0..MOST_PASSES {
            self.progress.enter(Stage::Limit, from, from + step)?;
            from += step;
            let trial = self.try_gain(gain_db, ceiling_db)?;
            let missing = goal - trial.loudness;
            let nearer = |other: Trial| missing.abs() < (goal - other.loudness).abs();
            if !trial.harmful && nearest.is_none_or(nearer) {
                nearest = Some(trial);
            }
            if trial.harmful {
                stopped_by_harm = true;
                above = Some(trial);
            } else if missing.abs() <= CLOSE_ENOUGH_LU {
                stopped_by_harm = false;
                break;
            } else if missing > 0.0 {
                below = Some(trial);
            } else {
                stopped_by_harm = false;
                above = Some(trial);
            }
            let harm_bound = above.as_ref().is_some_and(|trial| trial.harmful);
            gain_db = match (&below, &above) {
                // Between a gain that is harmless and one that is not: halve, and be content
                // with a tenth of a decibel.
                (Some(low), Some(high)) if harm_bound => {
                    if high.gain_db - low.gain_db < 0.1 {
                        break;
                    }
                    f64::midpoint(low.gain_db, high.gain_db)
                }
                (Some(low), Some(high)) => {
                    let slope = (high.loudness - low.loudness) / (high.gain_db - low.gain_db);
                    low.gain_db + (goal - low.loudness) / slope.max(0.05)
                }
                // Every decibel of gain yields less than one of loudness, the less the more
                // the limiter works already.
                (Some(low), None) => low.gain_db + missing * if pass == 0 { 1.15 } else { 1.6 },
                (None, Some(high)) if harm_bound => high.gain_db - 3.0,
                (None, Some(high)) => high.gain_db + missing,
                (None, None) => gain_db,
            }
            .min(self.most_gain_db);
        }
        let chosen = nearest.map_or(gain_db, |trial| trial.gain_db);
        let found = Found {
            gain_db: chosen,
            ceiling_db,
            stopped_by_harm,
        };
        self.hold_ceiling(found, (from.min(share.1 - step), share.1))
    }

    fn try_gain(&mut self, gain_db: f64, ceiling_db: f64) -> Result<Trial> {
        let mut loudness = self.loudness();
        let reductions = self.limiting.run(
            amplitude(gain_db),
            amplitude(ceiling_db),
            self.progress,
            |block| {
                loudness.push(block);
                Ok(())
            },
        )?;
        Ok(Trial {
            gain_db,
            loudness: loudness.integrated().unwrap_or(-120.0),
            harmful: is_harmful(&reductions, self.limiting.sample_rate_hz),
        })
    }

    /// Checks the result at 16 times oversampling, lowers the limiter's own ceiling by what was
    /// missed, if anything, and gives back the loudness that this takes away.
    fn hold_ceiling(&mut self, mut found: Found, share: (f32, f32)) -> Result<Found> {
        let step = (share.1 - share.0) / f32::from(MOST_CHECKS);
        for check in 0..MOST_CHECKS {
            let from = share.0 + step * f32::from(check);
            self.progress.enter(Stage::Limit, from, from + step)?;
            let mut peak = PeakOf::new(self.limiting.channels);
            // Before the first check nothing was taken away that could be given back.
            let mut loudness = (check > 0 && !found.stopped_by_harm).then(|| self.loudness());
            self.limiting.run(
                amplitude(found.gain_db),
                amplitude(found.ceiling_db),
                self.progress,
                |block| {
                    peak.push(block);
                    if let Some(loudness) = &mut loudness {
                        loudness.push(block);
                    }
                    Ok(())
                },
            )?;
            let over = decibels(peak.finish()).unwrap_or(-200.0) - self.target.ceiling_dbtp;
            let lost = loudness
                .and_then(|loudness| loudness.integrated())
                .map_or(0.0, |loudness| self.target.integrated_lufs - loudness);
            if over <= TOLERANCE_DB && lost <= CLOSE_ENOUGH_LU {
                break;
            }
            found.ceiling_db -= over.max(0.0);
            // A check is left to see whether the peaks bear it.
            if lost > CLOSE_ENOUGH_LU && check + 1 < MOST_CHECKS {
                found.gain_db = (found.gain_db + lost * 1.2).min(self.most_gain_db);
            }
        }
        Ok(found)
    }

    fn loudness(&self) -> Loudness {
        let places = vec![Place::Front; self.limiting.channels];
        Loudness::new(self.limiting.sample_rate_hz, &places)
    }
}

/// Whether a track can bear this much limiting.
fn is_harmful(reductions: &Reductions, sample_rate_hz: u32) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a moment's worth of frames"
    )]
    let moment = (MOMENT_SECONDS * f64::from(sample_rate_hz)) as u64;
    reductions.summary().mean_db > MOST_MEAN_DB || reductions.passed_for(moment) > MOST_DEPTH_DB
}
