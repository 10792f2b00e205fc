//! From a preset and a track's figures to the stages that master it, each with its reason.

use serde_json::json;

use super::levels::{between, louder_by};
use super::{Declip, LowMono, Multiband, Preset, Saturation, Tone};
use crate::analysis::clipping::{Clipping, Cut};
use crate::master::report::StageReport;
use crate::meter::Band;
use crate::meter::spectrum::Spectra;
use crate::stage::chain::Chain;
use crate::stage::declip::Declipper;
use crate::stage::dynamics::Dynamics;
use crate::stage::filter::Filter;
use crate::stage::low_mono::{self, LowMonoer};
use crate::stage::matching::{self, Goal, Matching, Reach};
use crate::stage::offset::OffsetRemover;
use crate::stage::{multiband, saturation};

/// Width of every band's knee, in decibels.
const KNEE_DB: f64 = 6.0;
/// Clipped more often than this, and a mix is meant to sound like that.
const MOST_CLIPS_A_MINUTE: f64 = 300.0;
/// Less than this is not worth rounding peaks for, in decibels.
const WORTHWHILE_DB: f64 = 0.3;

/// What the stages need to know of a track.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// Integrated loudness in LUFS.
    pub integrated_lufs: Option<f64>,
    /// True peak in dBTP.
    pub true_peak_dbtp: Option<f64>,
    /// Long-term spectra.
    pub spectra: &'a Spectra,
    /// A constant offset of each channel, 0 where there is none.
    pub offsets: &'a [f64],
    /// Tracks whose tone to come close to, with their weights, and how far. Where there are any,
    /// they take the place of the preset's own curve.
    pub references: &'a [(&'a Spectra, f64)],
    pub reach: Reach,
    /// Where peaks are cut off.
    pub clipping: &'a Clipping,
    /// Length in seconds.
    pub seconds: f64,
    /// Loudness that the master is to have, in LUFS.
    pub target_lufs: f64,
    /// Ceiling that it is to have, in dBTP.
    pub ceiling_dbtp: f64,
}

/// What a preset comes to for a track.
pub(crate) struct Built {
    pub chain: Chain,
    /// A report for each stage that is not in the chain, with why.
    pub idle: Vec<StageReport>,
    /// What the equaliser aims at, if it does anything.
    pub matching: Option<Matching>,
}

/// The chain of a preset for a track.
pub(crate) fn chain(
    preset: &Preset,
    facts: &Facts<'_>,
    sample_rate_hz: u32,
    channels: usize,
) -> Built {
    let spectrum = facts.spectra.whole.bands();
    let mut build = Build {
        facts,
        own_spectrum: spectrum.clone(),
        spectrum,
        sample_rate_hz,
        channels,
        chain: Chain::default(),
        idle: Vec::new(),
        matching: None,
    };
    build.offset();
    build.declip(preset.declip.as_ref());
    build.tone(preset.tone.as_ref(), &preset.title);
    build.low_mono(preset.low_mono.as_ref());
    build.multiband(preset.multiband.as_ref());
    build.saturation(preset.saturation.as_ref());
    Built {
        chain: build.chain,
        idle: build.idle,
        matching: build.matching,
    }
}

struct Build<'a> {
    facts: &'a Facts<'a>,
    own_spectrum: Vec<Band>,
    /// The track's spectrum, as the stages so far leave it.
    spectrum: Vec<Band>,
    sample_rate_hz: u32,
    channels: usize,
    chain: Chain,
    idle: Vec<StageReport>,
    matching: Option<Matching>,
}

impl Build<'_> {
    fn idle(&mut self, stage: &str, why: &str) {
        self.idle.push(StageReport {
            stage: stage.to_owned(),
            applied: false,
            summary: why.to_owned(),
            details: json!({}),
        });
    }

    fn declip(&mut self, settings: Option<&Declip>) {
        let Some(settings) = settings.filter(|one| one.amount_percent > 0.0) else {
            return self.idle("declip", "This preset leaves clipped peaks as they are.");
        };
        let clipping = self.facts.clipping;
        if clipping.runs == 0 {
            return self.idle(
                "declip",
                "No peak is clipped, so there is nothing to repair.",
            );
        }
        let often = clipping.runs as f64 / (self.facts.seconds / 60.0).max(1.0);
        if often > MOST_CLIPS_A_MINUTE {
            return self.idle(
                "declip",
                &format!(
                    "Peaks are cut off {often:.0} times a minute: that is how this mix sounds, and \
                     not a fault at a few places that could be repaired."
                ),
            );
        }
        // The offset was taken out before.
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        let cut = |(channel, offset): (usize, &f64)| {
            let cut = clipping.cut(channel);
            Cut {
                above: cut.above.map(|level| level - *offset as f32),
                below: cut.below.map(|level| level + *offset as f32),
            }
        };
        let cuts: Vec<Cut> = self.facts.offsets.iter().enumerate().map(cut).collect();
        let amount = settings.amount_percent / 100.0;
        self.chain
            .add(Declipper::new(&cuts, amount, self.sample_rate_hz));
    }

    fn offset(&mut self) {
        if self.facts.offsets.iter().all(|offset| *offset == 0.0) {
            return self.idle("dc", "There is no constant offset to remove.");
        }
        self.chain
            .add(OffsetRemover::new(self.facts.offsets.to_vec()));
    }

    fn tone(&mut self, settings: Option<&Tone>, title: &str) {
        let references = self.facts.references;
        let (goal, reach, whose) = if references.is_empty() {
            let Some(settings) = settings.filter(|one| one.amount_percent > 0.0) else {
                return self.idle("eq", "This preset leaves the tone as it is.");
            };
            let reach = Reach {
                amount: settings.amount_percent / 100.0,
                bound_db: settings.most_db,
                phase: settings.phase,
            };
            let goal = Goal::curve(settings.bands().collect());
            (goal, reach, format!("“{title}”"))
        } else {
            let whose = match references.len() {
                1 => "the reference".to_owned(),
                several => format!("the {several} references"),
            };
            (Goal::references(references), self.facts.reach, whose)
        };
        if self.facts.integrated_lufs.is_none() {
            return self.idle("eq", "There is too little sound to judge its tone.");
        }
        let rate = self.sample_rate_hz;
        let Some(matching) = matching::towards(self.facts.spectra, &goal, reach, rate) else {
            return self.idle("eq", &format!("The tone is near that of {whose} already."));
        };
        for band in &mut self.spectrum {
            band.db += matching.mid.at(band.hz);
        }
        let filter = Filter::matching(&matching, reach.phase, rate, self.channels, &whose);
        self.chain.add(filter);
        self.matching = Some(matching);
    }

    fn low_mono(&mut self, settings: Option<&LowMono>) {
        let Some(settings) = settings.filter(|one| one.amount_percent > 0.0) else {
            return self.idle(
                "low_mono",
                "This preset leaves the width of the bass as it is.",
            );
        };
        if self.channels != 2 {
            return self.idle("low_mono", "Only stereo has a width that could be taken.");
        }
        let settings = low_mono::LowMono {
            below_hz: settings.below_hz,
            amount: settings.amount_percent / 100.0,
        };
        self.chain
            .add(LowMonoer::new(settings, self.sample_rate_hz));
    }

    fn multiband(&mut self, settings: Option<&Multiband>) {
        let Some(settings) = settings.filter(|one| one.amount_percent > 0.0) else {
            return self.idle("multiband", "This preset leaves the dynamics as they are.");
        };
        if self.facts.integrated_lufs.is_none() {
            return self.idle(
                "multiband",
                "There is too little sound to judge its levels.",
            );
        }
        let lows = std::iter::once(0.0).chain(settings.crossings_hz.iter().copied());
        let highs = settings.crossings_hz.iter().copied().chain([f64::INFINITY]);
        let bands: Vec<Dynamics> = lows
            .zip(highs)
            .zip(&settings.band)
            .map(|((low, high), band)| {
                let amount = settings.amount_percent / 100.0;
                Dynamics {
                    // A band without sound is never above any threshold.
                    threshold_db: between(&self.spectrum, low, high).unwrap_or(0.0)
                        + band.above_mean_db,
                    ratio: 1.0 / (1.0 - amount * (1.0 - 1.0 / band.ratio)),
                    knee_db: KNEE_DB,
                    attack_seconds: band.attack_ms / 1_000.0,
                    release_seconds: band.release_ms / 1_000.0,
                    most_db: band.most_db * amount,
                }
            })
            .collect();
        self.chain.add(multiband::Multiband::new(
            &settings.crossings_hz,
            &bands,
            self.sample_rate_hz,
            self.channels,
        ));
    }

    fn saturation(&mut self, settings: Option<&Saturation>) {
        let Some(settings) = settings.filter(|one| one.amount_percent > 0.0) else {
            return self.idle("saturation", "This preset leaves the peaks to the limiter.");
        };
        let facts = self.facts;
        let (Some(loudness), Some(peak_db)) = (facts.integrated_lufs, facts.true_peak_dbtp) else {
            return self.idle(
                "saturation",
                "There is too little sound to judge its peaks.",
            );
        };
        let gain_db = facts.target_lufs - loudness - louder_by(&self.spectrum, &self.own_spectrum);
        // The level that the ceiling will have been before the gain.
        let ceiling_db = facts.ceiling_dbtp - gain_db;
        let excess_db = peak_db - ceiling_db;
        if excess_db < WORTHWHILE_DB {
            return self.idle(
                "saturation",
                "The peaks fit under the ceiling at this loudness, so none is rounded.",
            );
        }
        self.chain.add(saturation::Saturator::new(
            saturation::Saturation {
                ceiling_db: ceiling_db.max(peak_db - settings.most_db),
                knee_db: settings.knee_db,
                amount: settings.amount_percent / 100.0,
            },
            self.channels,
        ));
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use crate::decode::Place;
    use crate::meter::{Measured, Meter};
    use crate::preset::BUILT_IN;
    use crate::stage::filter::Phase;
    use std::f64::consts::PI;

    const RATE: u32 = 44_100;

    /// Beats of a decaying chord over a steady one, different on both sides.
    fn music(level: f64) -> Vec<f32> {
        (0..RATE * 6)
            .flat_map(|n| {
                let t = f64::from(n) / f64::from(RATE);
                let beat = (-(t % 0.5) * 8.0).exp();
                let tone = |hz: f64| (2.0 * PI * hz * t).sin();
                let both = beat * (tone(55.0) + 0.4 * tone(880.0) + 0.2 * tone(7_000.0));
                let left = both + 0.2 * tone(220.0) + 0.1 * tone(70.0);
                let right = both + 0.2 * tone(330.0) + 0.05 * tone(3_300.0);
                [(left * level) as f32, (right * level) as f32]
            })
            .collect()
    }

    fn measured(samples: &[f32]) -> Measured {
        let mut meter = Meter::new(RATE, &[Place::Front; 2]);
        meter.push(samples);
        meter.finish_all()
    }

    fn through(preset: &Preset, samples: &[f32]) -> (Vec<f32>, Vec<StageReport>) {
        let measured = measured(samples);
        let figures = &measured.figures;
        let facts = Facts {
            integrated_lufs: figures.integrated_lufs,
            true_peak_dbtp: figures.true_peak_dbtp,
            spectra: &measured.spectra,
            offsets: &[0.0; 2],
            references: &[],
            reach: Reach {
                amount: 1.0,
                bound_db: 6.0,
                phase: Phase::Linear,
            },
            clipping: &Clipping::default(),
            seconds: 6.0,
            target_lufs: -9.0,
            ceiling_dbtp: -1.0,
        };
        let Built {
            mut chain,
            idle: mut reports,
            ..
        } = chain(preset, &facts, RATE, 2);
        let mut output = Vec::new();
        for block in samples.chunks(10_000) {
            chain.push(block, &mut output);
        }
        chain.finish(&mut output);
        reports.extend(chain.reports());
        (output, reports)
    }

    #[test]
    fn every_built_in_preset_builds_a_chain_that_tells_about_all_its_stages() {
        let samples = music(0.2);
        for (name, _) in BUILT_IN {
            let preset = Preset::built_in(name).unwrap();
            let (output, reports) = through(&preset, &samples);
            assert_eq!(output.len(), samples.len(), "{name}");
            assert!(output.iter().all(|sample| sample.is_finite()), "{name}");
            let mut stages: Vec<&str> = reports.iter().map(|one| one.stage.as_str()).collect();
            stages.sort_unstable();
            let all = ["dc", "declip", "eq", "low_mono", "multiband", "saturation"];
            assert_eq!(stages, all, "{name}");
            assert!(
                reports.iter().all(|one| one.summary.ends_with('.')),
                "{name}"
            );
        }
    }

    #[test]
    fn the_transparent_preset_gives_back_the_same_bits() {
        let samples = music(0.3);
        let (output, reports) = through(&Preset::built_in("transparent").unwrap(), &samples);
        assert!(output == samples);
        assert!(reports.iter().all(|report| !report.applied));
    }

    #[test]
    fn a_preset_means_the_same_at_every_level() {
        let preset = Preset::built_in("rock").unwrap();
        let (loud, _) = through(&preset, &music(0.25));
        let (quiet, _) = through(&preset, &music(0.25 / 8.0));
        for (loud, quiet) in loud.iter().zip(&quiet) {
            assert!((loud - quiet * 8.0).abs() < 5e-4, "{loud} {quiet}");
        }
    }

    #[test]
    fn no_change_of_balance_is_beyond_the_presets_bound() {
        let samples = music(0.2);
        let before = measured(&samples).figures.spectrum;
        for (name, _) in BUILT_IN {
            let preset = Preset::built_in(name).unwrap();
            let Some(tone) = &preset.tone else { continue };
            let only = Preset {
                low_mono: None,
                multiband: None,
                saturation: None,
                ..preset.clone()
            };
            let (output, _) = through(&only, &samples);
            for (before, after) in before.iter().zip(measured(&output).figures.spectrum) {
                let change = (after.db - before.db).abs();
                let sounds = before.db > -60.0;
                assert!(!sounds || change < tone.most_db + 0.3, "{name} {change}");
            }
        }
    }

    #[test]
    fn silence_turns_every_stage_off_with_a_reason() {
        for (name, _) in BUILT_IN {
            let preset = Preset::built_in(name).unwrap();
            let (output, reports) = through(&preset, &vec![0.0; 60_000]);
            assert!(output.iter().all(|sample| sample.abs() < 1e-12));
            assert!(reports.iter().all(|report| !report.applied), "{name}");
        }
    }
}
