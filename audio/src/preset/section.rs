//! The sections of a preset and the ranges of their figures.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::Phase;
use crate::meter::Band;
use crate::stage::crossover::MOST_CROSSINGS;

/// Amounts of every stage.
const PERCENT: RangeInclusive<f64> = 0.0..=100.0;

/// Balance towards a curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tone {
    /// Share of the difference to the curve that is made up, 0 to 100 %.
    pub amount_percent: f64,
    /// What the equaliser does to phase.
    #[serde(default)]
    pub phase: Phase,
    /// Most that is changed at any frequency, 0.5 to 6 dB.
    #[serde(default = "Tone::default_most_db")]
    pub most_db: f64,
    /// Third octaves in hertz, rising, and their levels in decibels against each other.
    pub curve: Vec<(f64, f64)>,
}

/// Mono bass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowMono {
    /// Share of the low difference of left and right that is taken out, 0 to 100 %.
    pub amount_percent: f64,
    /// Frequency below which it is, 40 to 300 Hz.
    #[serde(default = "LowMono::default_below_hz")]
    pub below_hz: f64,
}

/// Dynamics in one to three bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multiband {
    /// Share of the reductions, 0 to 100 %.
    pub amount_percent: f64,
    /// Frequencies between the bands, 60 to 8000 Hz, at least an octave apart: one less than
    /// bands.
    pub crossings_hz: Vec<f64>,
    /// From low to high.
    pub band: Vec<DynamicsBand>,
}

/// One band of the dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamicsBand {
    /// Where it begins to act, in decibels above the band's own mean level in the track, -6 to
    /// 20, so that a preset means the same for quiet and loud tracks.
    pub above_mean_db: f64,
    /// Input decibels for one output decibel, 1 to 4.
    pub ratio: f64,
    /// Time constant of a rising level, 5 to 200 ms.
    pub attack_ms: f64,
    /// Time constant of a falling level, 50 to 2000 ms.
    pub release_ms: f64,
    /// Most that is taken away, 0.5 to 6 dB.
    #[serde(default = "DynamicsBand::default_most_db")]
    pub most_db: f64,
}

/// Rounding of the highest peaks before the limiter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saturation {
    /// Share of the effect, 0 to 100 %.
    pub amount_percent: f64,
    /// Distance of the knee below the level that no peak passes, 0.5 to 12 dB.
    pub knee_db: f64,
    /// Most that is taken from the highest peak, 0.5 to 4 dB.
    pub most_db: f64,
}

/// Repair of clipped peaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declip {
    /// Share of the repair, 0 to 100 %.
    pub amount_percent: f64,
}

/// What the preset suggests for the level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loudness {
    /// Integrated loudness, -36 to -5 LUFS.
    pub integrated_lufs: Option<f64>,
    /// Highest true peak, -9 to 0 dBTP.
    pub ceiling_dbtp: Option<f64>,
}

/// The rule that a figure breaks, if it does.
fn outside(field: &str, value: f64, range: RangeInclusive<f64>, unit: &str) -> Option<String> {
    let (from, to) = (range.start(), range.end());
    (!range.contains(&value))
        .then(|| format!("{field}: must be from {from} to {to} {unit}, not {value}"))
}

impl Tone {
    /// The curve.
    pub(crate) fn bands(&self) -> impl Iterator<Item = Band> + '_ {
        self.curve.iter().map(|&(hz, db)| Band { hz, db })
    }

    fn default_most_db() -> f64 {
        3.0
    }

    pub(crate) fn broken_rule(&self) -> Option<String> {
        let rising = self.curve.is_sorted_by(|one, next| one.0 < next.0);
        outside("tone.amount_percent", self.amount_percent, PERCENT, "%")
            .or_else(|| outside("tone.most_db", self.most_db, 0.5..=6.0, "dB"))
            .or_else(|| {
                (!(8..=40).contains(&self.curve.len()))
                    .then(|| "tone.curve: must have 8 to 40 points".to_owned())
            })
            .or_else(|| (!rising).then(|| "tone.curve: frequencies must rise".to_owned()))
            .or_else(|| {
                self.curve.iter().find_map(|(hz, db)| {
                    outside("tone.curve", *hz, 20.0..=20_000.0, "Hz")
                        .or_else(|| outside("tone.curve", *db, -80.0..=80.0, "dB"))
                })
            })
    }
}

impl LowMono {
    fn default_below_hz() -> f64 {
        120.0
    }

    pub(crate) fn broken_rule(&self) -> Option<String> {
        outside("low_mono.amount_percent", self.amount_percent, PERCENT, "%")
            .or_else(|| outside("low_mono.below_hz", self.below_hz, 40.0..=300.0, "Hz"))
    }
}

impl Multiband {
    pub(crate) fn broken_rule(&self) -> Option<String> {
        let apart = self
            .crossings_hz
            .is_sorted_by(|one, next| one * 2.0 <= *next);
        outside(
            "multiband.amount_percent",
            self.amount_percent,
            PERCENT,
            "%",
        )
        .or_else(|| {
            (self.crossings_hz.len() > MOST_CROSSINGS)
                .then(|| "multiband.crossings_hz: must be two at most".to_owned())
        })
        .or_else(|| {
            (self.band.len() != self.crossings_hz.len() + 1)
                .then(|| "multiband.band: must be one more than crossings".to_owned())
        })
        .or_else(|| (!apart).then(|| "multiband.crossings_hz: must rise by octaves".to_owned()))
        .or_else(|| {
            self.crossings_hz
                .iter()
                .find_map(|hz| outside("multiband.crossings_hz", *hz, 60.0..=8_000.0, "Hz"))
        })
        .or_else(|| self.band.iter().find_map(DynamicsBand::broken_rule))
    }
}

impl DynamicsBand {
    fn default_most_db() -> f64 {
        3.0
    }

    fn broken_rule(&self) -> Option<String> {
        let field = |name: &str| format!("multiband.band.{name}");
        outside(
            &field("above_mean_db"),
            self.above_mean_db,
            -6.0..=20.0,
            "dB",
        )
        .or_else(|| outside(&field("ratio"), self.ratio, 1.0..=4.0, "to 1"))
        .or_else(|| outside(&field("attack_ms"), self.attack_ms, 5.0..=200.0, "ms"))
        .or_else(|| outside(&field("release_ms"), self.release_ms, 50.0..=2_000.0, "ms"))
        .or_else(|| outside(&field("most_db"), self.most_db, 0.5..=6.0, "dB"))
    }
}

impl Saturation {
    pub(crate) fn broken_rule(&self) -> Option<String> {
        outside(
            "saturation.amount_percent",
            self.amount_percent,
            PERCENT,
            "%",
        )
        .or_else(|| outside("saturation.knee_db", self.knee_db, 0.5..=12.0, "dB"))
        .or_else(|| outside("saturation.most_db", self.most_db, 0.5..=4.0, "dB"))
    }
}

impl Declip {
    pub(crate) fn broken_rule(&self) -> Option<String> {
        outside("declip.amount_percent", self.amount_percent, PERCENT, "%")
    }
}

impl Loudness {
    pub(crate) fn broken_rule(&self) -> Option<String> {
        let lufs = self
            .integrated_lufs
            .and_then(|lufs| outside("loudness.integrated_lufs", lufs, -36.0..=-5.0, "LUFS"));
        lufs.or_else(|| {
            let ceiling = self.ceiling_dbtp?;
            outside("loudness.ceiling_dbtp", ceiling, -9.0..=0.0, "dBTP")
        })
    }
}
