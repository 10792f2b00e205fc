//! The second pass: everything that changes the sound before anything is done for loudness.

use serde_json::json;

use super::album::Album;
use super::intake::Track;
use super::report::{StageReport, Target};
use super::settings::Settings;
use super::store::{BLOCK_FRAMES, Store};
use crate::control::Progress;
use crate::decode::Place;
use crate::meter::Measured;
use crate::meter::loudness::{Loudness, Trace};
use crate::preset::Preset;
use crate::preset::build::{self, Built, Facts};
use crate::stage::chain::Chain;
use crate::stage::filter::Phase;
use crate::stage::matching::{Matching, Reach};
use crate::{Result, Stage, Workspace};

/// What the shaping does, decided before it is done.
pub(crate) struct Plan {
    chain: Chain,
    idle: Vec<StageReport>,
    matching: Option<Matching>,
}

/// The audio after shaping, and its levels.
pub(crate) struct Shaped {
    pub audio: Store,
    pub levels: Trace,
    pub integrated_lufs: Option<f64>,
    pub stages: Vec<StageReport>,
}

/// The space that holds the shaped track.
const SHAPED: &str = "shaped";

/// The order in which the sound passes the stages.
const ORDER: [&str; 7] = [
    "downmix",
    "dc",
    "declip",
    "eq",
    "low_mono",
    "multiband",
    "saturation",
];

impl Plan {
    pub(crate) fn new(
        track: &Track,
        references: &[(Measured, f64)],
        preset: &Preset,
        settings: &Settings,
        target: &Target,
    ) -> Self {
        let references: Vec<_> = references
            .iter()
            .map(|(reference, weight)| (&reference.spectra, *weight))
            .collect();
        let album = settings.album.as_deref();
        let tone = settings.tone;
        let facts = Facts {
            integrated_lufs: track.measured.integrated_lufs,
            true_peak_dbtp: track.measured.true_peak_dbtp,
            // What all tracks of an album share is decided by all of them.
            spectra: album.and_then(Album::spectra).unwrap_or(&track.spectra),
            offsets: &track.offsets,
            references: &references,
            reach: Reach {
                amount: tone.amount_percent / 100.0,
                bound_db: tone.bound_db,
                phase: Phase::Linear,
            },
            clipping: &track.analysis.clipping,
            seconds: track.measured.duration_seconds,
            target_lufs: target.integrated_lufs,
            ceiling_dbtp: target.ceiling_dbtp,
        };
        let info = &track.info;
        let channels = usize::from(info.channels);
        let Built {
            chain,
            mut idle,
            matching,
        } = build::chain(preset, &facts, info.sample_rate_hz, channels);
        idle.extend(downmix(track));
        Self {
            chain,
            idle,
            matching,
        }
    }

    pub(crate) fn matching(&self) -> Option<&Matching> {
        self.matching.as_ref()
    }

    pub(crate) fn does_nothing(&self) -> bool {
        self.chain.is_empty()
    }

    /// Carries the plan out. Without anything to do the audio passes through untouched.
    pub(crate) fn shape(
        &mut self,
        track: &Track,
        (audio, levels): (Store, Trace),
        workspace: &mut dyn Workspace,
        progress: &mut Progress<'_>,
        share: (f32, f32),
    ) -> Result<Shaped> {
        progress.enter(Stage::Shape, share.0, share.1)?;
        if self.does_nothing() {
            return Ok(Shaped {
                audio,
                levels,
                integrated_lufs: track.measured.integrated_lufs,
                stages: self.stages(),
            });
        }
        let channels = usize::from(track.info.channels);
        let mut input = audio;
        let mut output = Store::new(workspace.scratch(SHAPED)?);
        let places = vec![Place::Front; channels];
        let mut loudness = Loudness::traced(track.info.sample_rate_hz, &places);
        let (mut block, mut ready) = (Vec::new(), Vec::new());
        let mut taken = 0_u64;
        input.rewind()?;
        loop {
            input.read(BLOCK_FRAMES * channels, &mut block)?;
            ready.clear();
            if block.is_empty() {
                self.chain.finish(&mut ready);
            } else {
                self.chain.push(&block, &mut ready);
            }
            loudness.push(&ready);
            output.write(&ready)?;
            if block.is_empty() {
                break;
            }
            taken += (block.len() / channels) as u64;
            progress.at(taken as f64 / track.frames as f64)?;
        }
        let (hops, levels) = loudness.finish();
        Ok(Shaped {
            audio: output,
            levels,
            integrated_lufs: hops.integrated(),
            stages: self.stages(),
        })
    }

    /// What every stage did, or why not, in order.
    fn stages(&self) -> Vec<StageReport> {
        let mut stages = self.chain.reports();
        stages.extend(self.idle.iter().cloned());
        let place = |stage: &StageReport| ORDER.iter().position(|name| *name == stage.stage);
        stages.sort_by_key(place);
        stages
    }
}

fn downmix(track: &Track) -> Option<StageReport> {
    let downmix = track.downmix.as_ref()?;
    Some(StageReport {
        stage: "downmix".to_owned(),
        applied: true,
        summary: format!(
            "The {} channels of the source were mixed down to stereo by ITU-R BS.775: centre \
             and surrounds at -3 dB, low-frequency effects left out.",
            downmix.from
        ),
        details: json!(downmix),
    })
}
