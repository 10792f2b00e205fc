//! The second pass: offset and tone, before anything is done for loudness.

use std::fmt::Write as _;

use serde_json::json;

use super::intake::Track;
use super::report::StageReport;
use super::settings::Tone;
use super::store::{BLOCK_FRAMES, Store};
use crate::control::Progress;
use crate::decode::Place;
use crate::meter::loudness::{Loudness, Trace};
use crate::meter::{Measured, decibels};
use crate::stage::curve::Curve;
use crate::stage::fir::LinearPhase;
use crate::stage::matching::{self, Matching, Reach};
use crate::{Result, Scratch, Stage};

/// What the shaping does, decided before it is done.
pub(crate) struct Plan {
    offset: bool,
    matching: Option<Matching>,
    references: usize,
}

/// The audio after shaping, and its levels.
pub(crate) struct Shaped {
    pub audio: Store,
    pub levels: Trace,
    pub integrated_lufs: Option<f64>,
    pub stages: Vec<StageReport>,
}

impl Plan {
    pub(crate) fn new(track: &Track, references: &[(Measured, f64)], tone: Tone) -> Self {
        let spectra: Vec<_> = references
            .iter()
            .map(|(reference, weight)| (&reference.spectra, *weight))
            .collect();
        let reach = Reach {
            amount: tone.amount_percent / 100.0,
            bound_db: tone.bound_db,
        };
        // Nothing is shaped where nothing could be measured.
        let measured = track.measured.integrated_lufs.is_some();
        Self {
            offset: track.offsets.iter().any(|offset| *offset != 0.0),
            matching: measured
                .then(|| {
                    matching::towards(&track.spectra, &spectra, reach, track.info.sample_rate_hz)
                })
                .flatten(),
            references: references.len(),
        }
    }

    pub(crate) fn matching(&self) -> Option<&Matching> {
        self.matching.as_ref()
    }

    pub(crate) fn does_nothing(&self) -> bool {
        !self.offset && self.matching.is_none()
    }
}

/// Carries the plan out. Without anything to do the audio passes through untouched.
pub(crate) fn shape(
    track: &Track,
    (audio, levels): (Store, Trace),
    plan: &Plan,
    scratch: &mut dyn FnMut() -> std::io::Result<Box<dyn Scratch>>,
    progress: &mut Progress<'_>,
    share: (f32, f32),
) -> Result<Shaped> {
    progress.enter(Stage::Shape, share.0, share.1)?;
    let channels = usize::from(track.info.channels);
    let rate = track.info.sample_rate_hz;
    if plan.does_nothing() {
        return Ok(Shaped {
            audio,
            levels,
            integrated_lufs: track.measured.integrated_lufs,
            stages: stages(plan, track),
        });
    }
    let mut input = audio;
    let mut output = Store::new(scratch()?);
    let mut filter = plan
        .matching
        .as_ref()
        .map(|matching| Tonal::new(matching, rate));
    let mut loudness = Loudness::traced(rate, &vec![Place::Front; channels]);
    let (mut block, mut ready) = (Vec::new(), Vec::new());
    let (mut taken, mut given) = (0_u64, 0_u64);
    input.rewind()?;
    loop {
        input.read(BLOCK_FRAMES * channels, &mut block)?;
        taken += (block.len() / channels) as u64;
        let ended = block.is_empty();
        if plan.offset {
            remove_offset(&mut block, &track.offsets);
        }
        ready.clear();
        match &mut filter {
            Some(filter) if ended => {
                let inside = usize::try_from(track.frames - given).unwrap_or(0);
                filter.finish(inside, &mut ready);
            }
            Some(filter) => filter.push(&block, &mut ready),
            None => ready.extend_from_slice(&block),
        }
        loudness.push(&ready);
        output.write(&ready)?;
        given += (ready.len() / channels) as u64;
        if ended {
            break;
        }
        progress.at(taken as f64 / track.frames as f64)?;
    }
    let (hops, levels) = loudness.finish();
    Ok(Shaped {
        audio: output,
        levels,
        integrated_lufs: hops.integrated(),
        stages: stages(plan, track),
    })
}

/// The two filters.
struct Tonal {
    mid: LinearPhase,
    side: Option<LinearPhase>,
    planes: [Vec<f32>; 4],
}

impl Tonal {
    fn new(matching: &Matching, rate: u32) -> Self {
        Self {
            mid: LinearPhase::new(rate, 1, |hz| matching.mid.at(hz)),
            side: matching
                .side
                .as_ref()
                .map(|side| LinearPhase::new(rate, 1, |hz| side.at(hz))),
            planes: [Vec::new(), Vec::new(), Vec::new(), Vec::new()],
        }
    }

    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let [mid, side, mid_out, side_out] = &mut self.planes;
        let Some(filter) = &mut self.side else {
            self.mid.push(samples, out);
            return;
        };
        mid.clear();
        side.clear();
        let (pairs, _) = samples.as_chunks::<2>();
        mid.extend(pairs.iter().map(|[l, r]| (l + r) * 0.5));
        side.extend(pairs.iter().map(|[l, r]| (l - r) * 0.5));
        mid_out.clear();
        side_out.clear();
        self.mid.push(mid, mid_out);
        filter.push(side, side_out);
        out.extend(
            mid_out
                .iter()
                .zip(&*side_out)
                .flat_map(|(m, s)| [m + s, m - s]),
        );
    }

    fn finish(&mut self, frames: usize, out: &mut Vec<f32>) {
        let [_, _, mid_out, side_out] = &mut self.planes;
        let Some(filter) = &mut self.side else {
            self.mid.finish(frames, out);
            return;
        };
        mid_out.clear();
        side_out.clear();
        self.mid.finish(frames, mid_out);
        filter.finish(frames, side_out);
        out.extend(
            mid_out
                .iter()
                .zip(&*side_out)
                .flat_map(|(m, s)| [m + s, m - s]),
        );
    }
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

/// Says what was done, or why not.
fn stages(plan: &Plan, track: &Track) -> Vec<StageReport> {
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
        applied: plan.matching.is_some(),
        summary: match &plan.matching {
            Some(matching) => said(matching),
            None if plan.references > 0 => "The tone is that of the references.".to_owned(),
            None => "No reference was given, so the tone stays as it is.".to_owned(),
        },
        details: plan.matching.as_ref().map_or(json!({}), |matching| {
            json!({
                "phase": "linear",
                "curve": matching.mid.bands(),
                "side_curve": matching.side.as_ref().map(Curve::bands),
                "distance_before_db": matching.distance_db.0,
                "distance_expected_db": matching.distance_db.1,
                "kept_off": matching.kept_off,
            })
        }),
    };
    let mut stages = Vec::new();
    if let Some(downmix) = &track.downmix {
        stages.push(StageReport {
            stage: "downmix".to_owned(),
            applied: true,
            summary: format!(
                "The {} channels of the source were mixed down to stereo by ITU-R BS.775: centre \
                 and surrounds at -3 dB, low-frequency effects left out.",
                downmix.from
            ),
            details: json!(downmix),
        });
    }
    stages.extend([dc, eq]);
    stages
}

fn said(matching: &Matching) -> String {
    let (before, after) = matching.distance_db;
    let mut text = format!(
        "The tone was brought towards the references by at most {:.1} dB: on average a third \
         octave lay {before:.1} dB off and lies {after:.1} dB off now.",
        matching.largest()
    );
    if let Some(worst) = matching
        .kept_off
        .iter()
        .max_by(|one, other| one.db.abs().total_cmp(&other.db.abs()))
    {
        let count = matching.kept_off.len();
        let _ = write!(
            text,
            " {count} bands would need more than the bound allows, the one at {} Hz {:.1} dB more.",
            worst.hz,
            worst.db.abs()
        );
    }
    text
}
