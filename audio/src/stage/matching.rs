//! Which curves bring the tone of a track to that of references, or to a curve of a preset.
//!
//! The tone is the long-term spectrum in third octaves, whatever its level. Mid and side have
//! curves of their own, so that the width of every band may follow the references too. The
//! curves are found by looking at what the filters will make of the track's own spectrum, and
//! correcting what they would miss.

use std::fmt::Write as _;

use serde_json::json;

use super::curve::Curve;
use super::filter::Phase;
use crate::master::report::StageReport;
use crate::meter::Band;
use crate::meter::spectrum::{Bins, Spectra};

/// Bands further below the loudest one hold no music: a lossy codec's cut-off, or noise.
const HELD_DB: f64 = 60.0;
/// Bands that count for the distance between two tones.
const JUDGED_HZ: std::ops::RangeInclusive<f64> = 50.0..=16_000.0;
/// Bands that are matched: below is rumble.
const LOWEST_HZ: f64 = 30.0;
/// Most that a band is widened or narrowed, in decibels of side against mid.
const MOST_WIDTH_DB: f64 = 3.0;
/// A side channel this far below the mid holds no music.
const NO_SIDE_DB: f64 = 40.0;
/// Curves that stay below this everywhere are not worth a filter.
const WORTHWHILE_DB: f64 = 0.25;
/// Corrections of what the filters would miss.
const ROUNDS: u32 = 6;
/// Bands that stay off by more than this are told of.
const TOLD_DB: f64 = 0.5;

/// The curves, and how near they bring the track.
#[derive(Debug, Clone)]
pub(crate) struct Matching {
    pub(crate) mid: Curve,
    /// Of two channels only.
    pub(crate) side: Option<Curve>,
    /// Mean distance of the judged bands to the references', in dB: before, and expected after.
    pub(crate) distance_db: (f64, f64),
    /// What was aimed at, at the level of the track.
    pub(crate) goal: Vec<Band>,
    /// Bands that the bound keeps away from the references, and by how much, in dB.
    pub(crate) kept_off: Vec<Band>,
}

impl Matching {
    pub(crate) fn largest(&self) -> f64 {
        let side = self.side.as_ref().map_or(0.0, Curve::largest);
        self.mid.largest().max(side)
    }

    /// What the equaliser does, in words and figures; `whose` the tone is that it comes close to.
    pub(crate) fn report(&self, phase: Phase, whose: &str) -> StageReport {
        StageReport {
            stage: "eq".to_owned(),
            applied: true,
            summary: self.words(phase, whose),
            details: json!({
                "phase": phase.as_str(),
                "towards": whose,
                "curve": self.mid.bands(),
                "side_curve": self.side.as_ref().map(Curve::bands),
                "distance_before_db": self.distance_db.0,
                "distance_expected_db": self.distance_db.1,
                "kept_off": self.kept_off,
            }),
        }
    }

    fn words(&self, phase: Phase, whose: &str) -> String {
        let (before, after) = self.distance_db;
        let mut text = format!(
            "The tone was brought towards that of {whose} by at most {:.1} dB, with {} phase: on \
             average a third octave lay {before:.1} dB off and lies {after:.1} dB off now.",
            self.largest(),
            phase.as_str()
        );
        let off = |band: &&Band| band.db.abs();
        let worst = self
            .kept_off
            .iter()
            .max_by(|one, other| off(one).total_cmp(&off(other)));
        if let Some(worst) = worst {
            let count = self.kept_off.len();
            let _ = write!(
                text,
                " {count} would need more than the bound allows, the one at {} Hz {:.1} dB more.",
                worst.hz,
                worst.db.abs()
            );
        }
        text
    }
}

/// How far the goal is followed, and by what kind of filter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Share of the difference, 0 to 1.
    pub(crate) amount: f64,
    /// Most that any frequency is changed, in dB.
    pub(crate) bound_db: f64,
    pub(crate) phase: Phase,
}

/// Tones to come close to, each with its weight.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    tones: Vec<(Vec<Band>, f64)>,
    /// Side against mid, in dB.
    widths: Vec<(Vec<Band>, f64)>,
}

impl Goal {
    /// The weighted mean of tracks.
    pub(crate) fn references(references: &[(&Spectra, f64)]) -> Self {
        Self {
            tones: references
                .iter()
                .map(|(spectra, weight)| (held(&spectra.whole.bands()).copied().collect(), *weight))
                .collect(),
            widths: references
                .iter()
                .map(|(spectra, weight)| (ratios(spectra), *weight))
                .collect(),
        }
    }

    /// A curve over third octaves. It says nothing of width.
    pub(crate) fn curve(bands: Vec<Band>) -> Self {
        Self {
            tones: vec![(bands, 1.0)],
            widths: Vec::new(),
        }
    }
}

/// One band of the track and of what it is to become.
#[derive(Debug, Clone, Copy)]
struct Aim {
    hz: f64,
    /// What the references have, at a level that the bound can reach best.
    reference_db: f64,
    /// What the track is to have: less than all of the way, if so asked.
    goal_db: f64,
    mid_db: f64,
    /// The side's gain against the mid's.
    wider_db: f64,
    judged: bool,
}

/// Curves towards the goal. `None` when there is nothing to do.
pub(crate) fn towards(
    ours: &Spectra,
    goal: &Goal,
    reach: Reach,
    sample_rate_hz: u32,
) -> Option<Matching> {
    let own = ours.whole.bands();
    let mut aims = aims(ours, &own, goal, reach);
    if aims.iter().filter(|aim| aim.judged).count() < 3 || reach.amount <= 0.0 {
        return None;
    }
    let before = distance(&aims, &own);
    for _ in 0..ROUNDS {
        let expected = expected(ours, &aims, reach, sample_rate_hz);
        for aim in &mut aims {
            let off = aim.goal_db - level(&expected, aim.hz).unwrap_or(aim.goal_db);
            aim.mid_db = (aim.mid_db + off).clamp(-reach.bound_db, reach.bound_db);
        }
    }
    let after = expected(ours, &aims, reach, sample_rate_hz);
    let matching = Matching {
        mid: mid_curve(&aims),
        side: ours
            .sides
            .is_some()
            .then(|| side_curve(&aims, reach.bound_db)),
        distance_db: (before, distance(&aims, &after)),
        goal: aims
            .iter()
            .map(|aim| Band {
                hz: aim.hz,
                db: aim.goal_db,
            })
            .collect(),
        kept_off: aims
            .iter()
            .filter(|aim| aim.mid_db.abs() > reach.bound_db - 1e-6)
            .filter_map(|aim| {
                let off = aim.goal_db - level(&after, aim.hz)?;
                (off.abs() > TOLD_DB).then_some(Band {
                    hz: aim.hz,
                    db: off,
                })
            })
            .collect(),
    };
    (matching.largest() >= WORTHWHILE_DB).then_some(matching)
}

fn level(bands: &[Band], hz: f64) -> Option<f64> {
    bands
        .iter()
        .find(|band| (band.hz - hz).abs() < 0.1)
        .map(|band| band.db)
}

/// Bands with music in them.
fn held(bands: &[Band]) -> impl Iterator<Item = &Band> {
    let loudest = bands.iter().map(|band| band.db).fold(-400.0, f64::max);
    bands
        .iter()
        .filter(move |band| band.db > loudest - HELD_DB && band.db > -120.0)
}

/// What every band is to become.
fn aims(ours: &Spectra, own: &[Band], goal: &Goal, reach: Reach) -> Vec<Aim> {
    let widths = widths(ours, goal);
    let mut aims: Vec<Aim> = held(own)
        .filter(|band| band.hz >= LOWEST_HZ)
        .filter_map(|band| {
            let reference_db = weighted_mean(goal.tones.iter().map(|(bands, weight)| {
                // Whatever its level: a reference counts from its own mean.
                let level = level(bands, band.hz)? - judged_mean(bands)?;
                Some((level, *weight))
            }))?;
            Some(Aim {
                hz: band.hz,
                reference_db,
                goal_db: reference_db,
                mid_db: 0.0,
                wider_db: level(&widths, band.hz).unwrap_or(0.0) * reach.amount,
                judged: JUDGED_HZ.contains(&band.hz),
            })
        })
        .collect();
    let wanted: Vec<f64> = aims
        .iter()
        .filter(|aim| aim.judged)
        .filter_map(|aim| Some(aim.reference_db - level(own, aim.hz)?))
        .collect();
    let shift = best_shift(&wanted, reach.bound_db);
    for aim in &mut aims {
        let now = level(own, aim.hz).unwrap_or(aim.reference_db - shift);
        aim.reference_db -= shift;
        let change = (aim.reference_db - now) * reach.amount;
        aim.goal_db = now + change;
        aim.mid_db = change.clamp(-reach.bound_db, reach.bound_db);
    }
    aims
}

/// Side against mid, where there is a side that holds music.
fn ratios(spectra: &Spectra) -> Vec<Band> {
    let Some((mid, side)) = &spectra.sides else {
        return Vec::new();
    };
    let (mid, side) = (mid.bands(), side.bands());
    mid.iter()
        .zip(&side)
        .map(|(mid, side)| Band {
            hz: mid.hz,
            db: side.db - mid.db,
        })
        .filter(|ratio| ratio.db > -NO_SIDE_DB)
        .collect()
}

/// The side's gain against the mid's that each band wants, smoothed over its neighbours.
fn widths(ours: &Spectra, goal: &Goal) -> Vec<Band> {
    let wanted: Vec<Band> = ratios(ours)
        .iter()
        .map(|own| {
            let theirs = goal
                .widths
                .iter()
                .map(|(ratios, weight)| Some((level(ratios, own.hz)?, *weight)));
            let change = weighted_mean(theirs).map_or(0.0, |theirs| theirs - own.db);
            Band {
                hz: own.hz,
                db: change.clamp(-MOST_WIDTH_DB, MOST_WIDTH_DB),
            }
        })
        .collect();
    let last = wanted.len().saturating_sub(1);
    let at = |index: usize| wanted.get(index.min(last)).map_or(0.0, |band| band.db);
    wanted
        .iter()
        .enumerate()
        .map(|(index, band)| Band {
            hz: band.hz,
            db: 0.25 * at(index.saturating_sub(1)) + 0.5 * band.db + 0.25 * at(index + 1),
        })
        .collect()
}

/// Over the references that have anything to say.
fn weighted_mean(values: impl Iterator<Item = Option<(f64, f64)>>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (value, weight) in values.flatten() {
        sum += value * weight;
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

fn judged_mean(bands: &[Band]) -> Option<f64> {
    let judged = bands.iter().filter(|band| JUDGED_HZ.contains(&band.hz));
    weighted_mean(judged.map(|band| Some((band.db, 1.0))))
}

/// The level at which what lies beyond the bound keeps the tones least apart; of several such, the
/// nearest to the mean. Tones are compared whatever their levels, so as much beyond it at one end as
/// at the other is less than all of it at one.
fn best_shift(wanted: &[f64], bound_db: f64) -> f64 {
    let mean = wanted.iter().sum::<f64>() / wanted.len().max(1) as f64;
    let apart = |shift: f64| -> f64 {
        let beyond = wanted.iter().map(|db| {
            let off = db - shift;
            off - off.clamp(-bound_db, bound_db)
        });
        mean_deviation(beyond).unwrap_or(0.0)
    };
    (0..=480)
        .flat_map(|step| [f64::from(step) * 0.025, f64::from(step) * -0.025])
        .map(|off| mean + off)
        .min_by(|one, other| apart(*one).total_cmp(&apart(*other)))
        .unwrap_or(mean)
}

fn mid_curve(aims: &[Aim]) -> Curve {
    Curve::through(aims.iter().map(|aim| (aim.hz, aim.mid_db)))
}

fn side_curve(aims: &[Aim], bound_db: f64) -> Curve {
    Curve::through(aims.iter().map(|aim| {
        (
            aim.hz,
            (aim.mid_db + aim.wider_db).clamp(-bound_db, bound_db),
        )
    }))
}

/// The track's spectrum behind the filters as they would be built.
fn expected(ours: &Spectra, aims: &[Aim], reach: Reach, sample_rate_hz: u32) -> Vec<Band> {
    let through = |bins: &Bins, curve: &Curve| {
        let impulse = reach.phase.impulse(sample_rate_hz, |hz| curve.at(hz));
        let response = impulse.response(sample_rate_hz);
        bins.bands_through(|hz| response.power_gain(hz))
    };
    match &ours.sides {
        None => through(&ours.whole, &mid_curve(aims)),
        Some((mid, side)) => {
            let mid = through(mid, &mid_curve(aims));
            let side = through(side, &side_curve(aims, reach.bound_db));
            let power = |db: f64| 10.0_f64.powf(db / 10.0);
            mid.iter()
                .zip(&side)
                .map(|(mid, side)| Band {
                    hz: mid.hz,
                    db: 10.0 * (power(mid.db) + power(side.db)).log10(),
                })
                .collect()
        }
    }
}

/// Mean distance of the judged bands to the references, whatever the level.
fn distance(aims: &[Aim], bands: &[Band]) -> f64 {
    let judged = aims.iter().filter(|aim| aim.judged);
    mean_deviation(judged.filter_map(|aim| Some(level(bands, aim.hz)? - aim.reference_db)))
        .unwrap_or(0.0)
}

/// Mean distance of the judged bands of two tones in dB, whatever their levels; `None` where
/// they have too few in common.
pub(crate) fn apart(one: &[Band], other: &[Band]) -> Option<f64> {
    let judged = held(one).filter(|band| JUDGED_HZ.contains(&band.hz));
    mean_deviation(judged.filter_map(|band| Some(band.db - level(other, band.hz)?)))
}

/// Mean distance of values from their mean; `None` for fewer than three.
fn mean_deviation(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = values.iter().map(|value| (value - mean).abs()).sum::<f64>() / count;
    (values.len() >= 3).then_some(deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bound_leaves_is_spread_over_both_ends() {
        // Three bands too low and two far too high: at the level that keeps the first three within
        // the bound, all that is left would be the other two.
        let mut wanted = [0.0; 10];
        wanted[..2].fill(20.0);
        wanted[2..5].fill(-9.0);
        let shift = best_shift(&wanted, 6.0);
        assert!((3.5..=4.5).contains(&shift), "{shift}");
        // Where the bound forbids nothing, the mean it is.
        let near = [1.0, 2.0, 3.0, 2.0];
        assert!((best_shift(&near, 6.0) - 2.0).abs() < 1e-9);
    }
}
