//! The second pass: offset, balance and dynamics, before anything is done for loudness.

use serde_json::json;

use super::intake::Track;
use super::report::StageReport;
use super::settings::Target;
use super::store::{BLOCK_FRAMES, Store};
use crate::control::Progress;
use crate::decode::Place;
use crate::meter::loudness::Loudness;
use crate::meter::true_peak::TruePeak;
use crate::meter::{Measurement, decibels};
use crate::stage::compressor::{Compression, Compressor};
use crate::stage::equaliser::{self, Curve};
use crate::stage::fir::LinearPhase;
use crate::{Result, Scratch, Stage};

/// The compressor helps when the peaks stand out of the target by more than this.
const EXCESS_FOR_COMPRESSION_DB: f64 = 4.0;
/// Most that the compressor takes away.
const MOST_COMPRESSION_DB: f64 = 3.0;

/// What the shaping does, decided before it is done.
pub(crate) struct Plan {
    offset: bool,
    curve: Option<Curve>,
    compression: Option<Compression>,
    towards_reference: bool,
    excess_db: f64,
}

/// The audio after shaping, and its figures.
pub(crate) struct Shaped {
    pub audio: Store,
    pub integrated_lufs: Option<f64>,
    /// True peak as an amplitude.
    pub true_peak: f64,
    pub stages: Vec<StageReport>,
}

impl Plan {
    pub(crate) fn new(track: &Track, reference: Option<&Measurement>, target: &Target) -> Self {
        let before = &track.measured;
        let curve = match reference {
            Some(reference) => equaliser::towards(&before.spectrum, &reference.spectrum),
            None => equaliser::own_balance(&before.spectrum),
        };
        let excess_db = match (before.integrated_lufs, before.true_peak_dbtp) {
            (Some(loudness), Some(peak)) => {
                peak + target.integrated_lufs - loudness - target.ceiling_dbtp
            }
            _ => 0.0,
        };
        let compression = before
            .integrated_lufs
            .filter(|_| excess_db > EXCESS_FOR_COMPRESSION_DB)
            .map(|loudness| Compression {
                // Only passages louder than the track as a whole are touched.
                threshold_db: loudness + 3.0,
                ratio: 1.5 + ((excess_db - EXCESS_FOR_COMPRESSION_DB) / 12.0).clamp(0.0, 0.5),
                most_db: MOST_COMPRESSION_DB,
            });
        Self {
            offset: track.offsets.iter().any(|offset| *offset != 0.0),
            // Nothing is shaped where nothing could be measured.
            curve: curve.filter(|_| before.integrated_lufs.is_some()),
            compression,
            towards_reference: reference.is_some(),
            excess_db,
        }
    }

    fn does_nothing(&self) -> bool {
        !self.offset && self.curve.is_none() && self.compression.is_none()
    }
}

/// Carries the plan out. Without anything to do the audio passes through untouched.
pub(crate) fn shape(
    track: &Track,
    audio: Store,
    plan: &Plan,
    scratch: &mut dyn FnMut() -> std::io::Result<Box<dyn Scratch>>,
    progress: &mut Progress<'_>,
    share: (f32, f32),
) -> Result<Shaped> {
    progress.enter(Stage::Shape, share.0, share.1)?;
    let channels = usize::from(track.info.channels);
    let rate = track.info.sample_rate_hz;
    let mut compressor = plan
        .compression
        .map(|settings| Compressor::new(settings, rate, channels));
    if plan.does_nothing() {
        return Ok(Shaped {
            audio,
            integrated_lufs: track.measured.integrated_lufs,
            true_peak: track
                .measured
                .true_peak_dbtp
                .map_or(0.0, crate::meter::amplitude),
            stages: stages(plan, track, None),
        });
    }
    let mut input = audio;
    let mut output = Store::new(scratch()?);
    let mut filter = plan
        .curve
        .as_ref()
        .map(|curve| LinearPhase::new(rate, channels, |hz| curve.at(hz)));
    let mut loudness = Loudness::new(rate, &vec![Place::Front; channels]);
    let mut peaks = PeakOf::new(channels);
    let mut block = Vec::new();
    let mut ready: Vec<f32> = Vec::new();
    let whole = BLOCK_FRAMES * channels;
    let (mut taken, mut given) = (0_u64, 0_u64);
    input.rewind()?;
    loop {
        input.read(whole, &mut block)?;
        taken += (block.len() / channels) as u64;
        let ended = block.is_empty();
        if plan.offset {
            remove_offset(&mut block, &track.offsets);
        }
        match &mut filter {
            Some(filter) if ended => {
                let inside = track.frames - given - (ready.len() / channels) as u64;
                filter.finish(usize::try_from(inside).unwrap_or(0), &mut ready);
            }
            Some(filter) => filter.push(&block, &mut ready),
            None => ready.extend_from_slice(&block),
        }
        // Only whole blocks go on, so that the compressor's steps never split.
        let going = if ended {
            ready.len()
        } else {
            ready.len() / whole * whole
        };
        let mut shaped: Vec<f32> = ready.drain(..going).collect();
        if let Some(compressor) = &mut compressor {
            compressor.process(&mut shaped);
        }
        loudness.push(&shaped);
        peaks.push(&shaped);
        output.write(&shaped)?;
        given += (shaped.len() / channels) as u64;
        if ended {
            break;
        }
        progress.at(taken as f64 / track.frames as f64)?;
    }
    Ok(Shaped {
        audio: output,
        integrated_lufs: loudness.integrated(),
        true_peak: peaks.finish(),
        stages: stages(plan, track, compressor.as_ref()),
    })
}

fn remove_offset(samples: &mut [f32], offsets: &[f64]) {
    for frame in samples.chunks_mut(offsets.len().max(1)) {
        for (sample, offset) in frame.iter_mut().zip(offsets) {
            #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
            {
                *sample = (f64::from(*sample) - offset) as f32;
            }
        }
    }
}

/// The true peak of interleaved samples.
pub(crate) struct PeakOf {
    channels: Vec<TruePeak>,
    plane: Vec<f32>,
}

impl PeakOf {
    pub(crate) fn new(channels: usize) -> Self {
        Self {
            channels: (0..channels).map(|_| TruePeak::new()).collect(),
            plane: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, samples: &[f32]) {
        let count = self.channels.len();
        for (channel, peak) in self.channels.iter_mut().enumerate() {
            self.plane.clear();
            self.plane
                .extend(samples.iter().skip(channel).step_by(count));
            peak.push(&self.plane);
        }
    }

    /// As an amplitude.
    pub(crate) fn finish(mut self) -> f64 {
        self.channels
            .iter_mut()
            .map(TruePeak::finish)
            .fold(0.0, f64::max)
    }
}

/// Says what was done, or why not.
fn stages(plan: &Plan, track: &Track, compressor: Option<&Compressor>) -> Vec<StageReport> {
    let worst = track
        .offsets
        .iter()
        .fold(0.0, |worst: f64, offset| worst.max(offset.abs()));
    let offset_db = decibels(worst).unwrap_or(-200.0);
    let dc = StageReport {
        stage: "dc".to_owned(),
        applied: plan.offset,
        summary: if plan.offset {
            format!("A constant offset of {offset_db:.0} dBFS was removed.")
        } else {
            "There is no constant offset to remove.".to_owned()
        },
        details: json!({ "offsets": track.offsets }),
    };
    let eq = StageReport {
        stage: "eq".to_owned(),
        applied: plan.curve.is_some(),
        summary: match (&plan.curve, plan.towards_reference) {
            (Some(curve), true) => format!(
                "The balance was brought towards the reference by at most {:.1} dB.",
                curve.largest()
            ),
            (Some(curve), false) => format!(
                "Unevenness in the balance was eased by at most {:.1} dB.",
                curve.largest()
            ),
            (None, true) => "The balance is already that of the reference.".to_owned(),
            (None, false) => "The balance is even enough to be left alone.".to_owned(),
        },
        details: json!({
            "curve": plan.curve.as_ref().map(Curve::bands).unwrap_or_default(),
            "phase": "linear",
        }),
    };
    let (most_db, mean_db) = compressor.map_or((0.0, 0.0), Compressor::reductions);
    let compression = StageReport {
        stage: "compressor".to_owned(),
        applied: compressor.is_some() && most_db > 0.05,
        summary: match compressor {
            Some(_) if most_db > 0.05 => format!(
                "Loud passages were held back by {mean_db:.1} dB on average and {most_db:.1} dB \
                 at most, for the target is loud for this track."
            ),
            Some(_) => "No passage was loud enough for the compressor to act.".to_owned(),
            None => "The target does not call for compression, so the dynamics stay.".to_owned(),
        },
        details: json!({
            "peak_excess_db": plan.excess_db,
            "ratio": plan.compression.map(|settings| settings.ratio),
            "threshold_dbfs": plan.compression.map(|settings| settings.threshold_db),
            "max_reduction_db": most_db,
            "mean_reduction_db": mean_db,
        }),
    };
    vec![dc, eq, compression]
}
