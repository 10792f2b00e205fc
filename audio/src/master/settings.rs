//! What the caller asks of a master.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::album::Album;
use super::output::OutputKind;
use crate::{AudioError, Preset, Result};

/// Which loudness to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loudness {
    /// This integrated loudness, in LUFS, -60 to 0.
    Lufs(f64),
    /// The track's own: only the peaks are held.
    Natural,
    /// The references', as their weighted mean.
    Reference,
    /// What the preset suggests, or the assistant; the track's own where the preset says nothing.
    Preset,
}

/// Loudness and ceiling to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The target's name, as shown in the report ("spotify", "custom" …).
    pub name: String,
    /// Loudness to reach.
    pub loudness: Loudness,
    /// Highest true peak allowed, in dBTP, -20 to 0.
    pub ceiling_dbtp: f64,
    /// Lower the ceiling as far as it takes for the master to stay under full scale after lossy
    /// coding too, as far as that can be predicted.
    pub codec_safe: bool,
}

/// Who decides what shapes the sound.
#[derive(Debug, Clone, PartialEq)]
pub enum Shaping {
    /// The caller, by a preset.
    Preset(Box<Preset>),
    /// The assistant, by what it finds in the track; it gives its reasons in the report.
    Assistant,
}

/// How far the tone of the references is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// Share of the difference to the references that is taken out, 0 to 100 percent.
    pub amount_percent: f64,
    /// Most that any frequency is changed, in dB, 0 to 6.
    pub bound_db: f64,
}

impl Default for Tone {
    fn default() -> Self {
        Self {
            amount_percent: 100.0,
            bound_db: MOST_TONE_DB,
        }
    }
}

/// Most that any frequency may be changed, in decibels.
const MOST_TONE_DB: f64 = 6.0;

/// Everything that decides the bytes of a master, together with its sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Loudness and ceiling.
    pub target: Target,
    /// Which stages shape the sound, and how far.
    pub shaping: Shaping,
    /// What is done with references, where there are any.
    pub tone: Tone,
    /// Files to write, at least one.
    pub outputs: Vec<OutputKind>,
    /// The album that the track belongs to: the loudness asked for is then the album's.
    pub album: Option<Arc<Album>>,
    /// Seed of the dither: the same seed gives the same bytes.
    pub seed: u64,
}

impl Settings {
    /// Refuses what cannot be done, before any work is done.
    pub fn check(&self) -> Result<()> {
        if let Shaping::Preset(preset) = &self.shaping {
            preset.check()?;
        }
        if let Loudness::Lufs(lufs) = self.target.loudness {
            within("loudness", lufs, (-60.0, 0.0), "LUFS")?;
        }
        within("ceiling", self.target.ceiling_dbtp, (-20.0, 0.0), "dBTP")?;
        within("tone amount", self.tone.amount_percent, (0.0, 100.0), "%")?;
        within("tone bound", self.tone.bound_db, (0.0, MOST_TONE_DB), "dB")?;
        if self.outputs.is_empty() {
            return Err(AudioError::InvalidSettings(
                "no output is asked for".to_owned(),
            ));
        }
        self.outputs.iter().try_for_each(OutputKind::check)
    }
}

pub(super) fn within(name: &str, value: f64, (least, most): (f64, f64), unit: &str) -> Result<()> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(AudioError::InvalidSettings(format!(
            "a {name} of {value} {unit} is outside {least} to {most}"
        )))
    }
}
