//! Puts what was done into the report.

use serde_json::json;

use super::finish::Written;
use super::intake::Track;
use super::level::Level;
use super::notes::{self, Verdict};
use super::report::{Input, Output, Report, StageReport, Target, WaveformPair};
use super::settings::{Bits, OutputKind, Settings};
use super::timeline::timeline;
use crate::meter::Band;
use crate::stage::matching::Matching;
use crate::{AudioError, Result};

/// Version of the report's shape.
const VERSION: u32 = 1;

/// Everything that was done.
#[derive(Clone, Copy)]
pub(crate) struct Done<'a> {
    pub(crate) track: &'a Track,
    pub(crate) settings: &'a Settings,
    pub(crate) target: &'a Target,
    pub(crate) level: &'a Level,
    pub(crate) verdict: Verdict,
    pub(crate) matching: Option<&'a Matching>,
    pub(crate) written: &'a [(OutputKind, Written)],
}

impl Done<'_> {
    /// What the last stages did.
    pub(crate) fn closing_stages(self) -> [StageReport; 3] {
        let Self {
            settings,
            target,
            level,
            written,
            ..
        } = self;
        let reduction = level.reductions.summary();
        let worked = reduction.max_db > 0.0;
        let limiter = StageReport {
            stage: "limiter".to_owned(),
            applied: worked,
            summary: if worked {
                format!(
                    "After {:+.1} dB of gain, peaks were held under {:.1} dBTP: {:.1} dB at most, \
                     {:.1} dB on average in the {:.0} % of the time in which it worked.",
                    level.gain_db,
                    target.ceiling_dbtp,
                    reduction.max_db,
                    reduction.mean_db,
                    reduction.active_percent
                )
            } else {
                format!(
                    "{:+.1} dB of gain keep every peak under {:.1} dBTP, so nothing was limited.",
                    level.gain_db, target.ceiling_dbtp
                )
            },
            details: json!({
                "gain_db": level.gain_db,
                "ceiling_dbtp": target.ceiling_dbtp,
                "fade_ms": worked.then_some(level.fade_ms),
                "residual_db": worked.then_some(level.residual_db),
            }),
        };
        let dithered = settings
            .outputs
            .iter()
            .any(|output| output.bits == Bits::B16);
        let dither = StageReport {
            stage: "dither".to_owned(),
            applied: dithered,
            summary: if dithered {
                "Triangular dither was added before rounding to 16 bits.".to_owned()
            } else {
                "Samples of more than 16 bits need no dither.".to_owned()
            },
            details: json!({ "seed": dithered.then_some(settings.seed) }),
        };
        let verify = StageReport {
            stage: "verify".to_owned(),
            applied: false,
            summary: match written.len() {
                1 => "The file was decoded again: every sample is the one meant.".to_owned(),
                files => {
                    format!("All {files} files were decoded again: every sample is the one meant.")
                }
            },
            details: json!({ "files": written.len() }),
        };
        [limiter, dither, verify]
    }

    /// The whole report, with the stages in order.
    pub(crate) fn report(self, stages: Vec<StageReport>) -> Result<Report> {
        let Self {
            track,
            settings,
            target,
            level,
            verdict,
            matching,
            written,
        } = self;
        let info = &track.info;
        let outputs: Vec<Output> = written
            .iter()
            .map(|(kind, written)| output(track, *kind, written))
            .collect();
        let (Some(output), Some((_, first))) = (outputs.first().cloned(), written.first()) else {
            return Err(AudioError::Internal("nothing was written".to_owned()));
        };
        let gain_reduction = level.reductions.summary();
        let after = first.measured.clone();
        let after_spectrum = after.spectrum.clone();
        let target_reached = after.integrated_lufs.is_some_and(|loudness| {
            (loudness - target.integrated_lufs).abs() <= notes::REACHED_WITHIN_LU
        });
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
            notes: notes::notes(
                track,
                settings,
                target,
                verdict,
                &after,
                &gain_reduction,
                target_reached,
            ),
            target: target.clone(),
            after,
            stages,
            gain_db: level.gain_db,
            gain_reduction,
            target_reached,
            output,
            outputs,
            waveform: WaveformPair {
                before: track.overview.finish(info.sample_rate_hz),
                after: first.overview.finish(info.sample_rate_hz),
            },
            timeline: timeline(&track.hops, &first.hops, &level.limiter),
            target_spectrum: matching.map(|matching| at_level_of(&matching.goal, &after_spectrum)),
        })
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
    Output {
        format: kind.format.as_str().to_owned(),
        bits: kind.bits.as_str().to_owned(),
        sample_rate_hz: track.info.sample_rate_hz,
        channels: track.info.channels,
        frames: track.frames,
        size_bytes: written.size_bytes,
        integrated_lufs: written.measured.integrated_lufs,
        true_peak_dbtp: written.measured.true_peak_dbtp,
    }
}
