//! Puts what was done into the report.

use super::closing;
use super::finish::Written;
use super::intake::Track;
use super::level::Level;
use super::notes::{self, Verdict};
use super::output::OutputKind;
use super::report::{
    Choice, ChosenPreset, Input, Output, Report, StageReport, Target, WaveformPair,
};
use super::settings::Settings;
use super::timeline::timeline;
use crate::codec::playback;
use crate::meter::{Band, Measurement};
use crate::stage::matching::Matching;
use crate::{AudioError, Preset, Result};

/// Version of the report's shape.
const VERSION: u32 = 1;

/// Everything that was done.
#[derive(Clone)]
pub(crate) struct Done<'a> {
    pub(crate) track: &'a Track,
    pub(crate) settings: &'a Settings,
    pub(crate) preset: &'a Preset,
    /// What the assistant chose.
    pub(crate) choices: Vec<Choice>,
    pub(crate) target: &'a Target,
    pub(crate) level: &'a Level,
    pub(crate) verdict: Verdict,
    pub(crate) matching: Option<&'a Matching>,
    pub(crate) written: &'a [Written],
}

impl Done<'_> {
    /// The whole report; `stages` are those that shaped the sound.
    pub(crate) fn report(mut self, mut stages: Vec<StageReport>) -> Result<Report> {
        let (track, target, level) = (self.track, self.target, self.level);
        let info = &track.info;
        let kinds = self.settings.outputs.iter().zip(self.written);
        let outputs: Vec<Output> = kinds
            .map(|(kind, written)| output(track, *kind, written))
            .collect();
        let (Some(output), Some(first)) = (outputs.first().cloned(), self.written.first()) else {
            return Err(AudioError::Internal("nothing was written".to_owned()));
        };
        let after = &first.measured;
        let target_reached = self.target_reached(after);
        let played = after.integrated_lufs.zip(after.true_peak_dbtp);
        let goal = self.matching.map(|matching| &matching.goal);
        stages.extend(closing::stages(&self));
        Ok(Report {
            version: VERSION,
            input: Input {
                format: info.format.clone(),
                codec: info.codec.clone(),
                sample_rate_hz: info.sample_rate_hz,
                channels: track.source_channels,
                bits: info.bits,
                duration_seconds: track.frames as f64 / f64::from(info.sample_rate_hz),
                frames: track.frames,
            },
            before: track.measured.clone(),
            notes: notes::notes(&self, first, target_reached),
            preset: Some(ChosenPreset {
                name: self.preset.name.clone(),
                title: self.preset.title.clone(),
            }),
            choices: std::mem::take(&mut self.choices),
            album: self
                .settings
                .album
                .as_ref()
                .map(|album| album.told(track.measured.integrated_lufs)),
            target: target.clone(),
            after: after.clone(),
            stages,
            gain_db: level.gain_db,
            gain_reduction: level.reductions.summary(),
            target_reached,
            output,
            outputs,
            codecs: first.codecs.clone(),
            playback: played.map_or_else(Vec::new, |(loudness, peak)| playback(loudness, peak)),
            waveform: WaveformPair {
                before: track.overview.finish(info.sample_rate_hz),
                after: first.overview.finish(info.sample_rate_hz),
            },
            timeline: timeline(&track.hops, &first.hops, &level.limiter),
            target_spectrum: goal.map(|goal| at_level_of(goal, &after.spectrum)),
        })
    }
}

impl Done<'_> {
    /// By the first file; one that is not the whole master goes by what was found for it.
    fn target_reached(&self, after: &Measurement) -> bool {
        if !self
            .settings
            .outputs
            .first()
            .is_some_and(OutputKind::is_whole)
        {
            return self.verdict == Verdict::Aimed;
        }
        let off = |loudness: f64| (loudness - self.target.integrated_lufs).abs();
        let loudness = after.integrated_lufs;
        loudness.is_some_and(|loudness| off(loudness) <= notes::REACHED_WITHIN_LU)
    }
}

/// A spectrum moved to the level of another one.
fn at_level_of(bands: &[Band], other: &[Band]) -> Vec<Band> {
    let offs: Vec<f64> = bands
        .iter()
        .filter_map(|band| {
            let same = |other: &&Band| (other.hz - band.hz).abs() < 0.1;
            Some(other.iter().find(same)?.db - band.db)
        })
        .collect();
    let shift = offs.iter().sum::<f64>() / offs.len().max(1) as f64;
    bands
        .iter()
        .map(|band| Band {
            hz: band.hz,
            db: band.db + shift,
        })
        .collect()
}

fn output(track: &Track, kind: OutputKind, written: &Written) -> Output {
    let form = written.form;
    let own_rate = f64::from(track.info.sample_rate_hz);
    Output {
        format: form.format.as_str().to_owned(),
        bits: form.bits.as_str().to_owned(),
        sample_rate_hz: form.sample_rate_hz,
        channels: form.channels,
        frames: form.frames,
        size_bytes: written.size_bytes,
        integrated_lufs: written.measured.integrated_lufs,
        true_peak_dbtp: written.measured.true_peak_dbtp,
        excerpt_from_seconds: kind
            .excerpt_seconds
            .map(|_| written.start as f64 / own_rate),
    }
}
