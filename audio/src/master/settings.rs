//! What the caller asks of a master.

use serde::{Deserialize, Serialize};

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

/// The container that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RIFF WAVE, RF64 above 4 GB.
    Wav,
    /// FLAC.
    Flac,
}

impl Format {
    /// The stable name, which is also the usual file extension.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
        }
    }
}

/// The samples that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bits {
    /// 16-bit integers, with TPDF dither.
    #[serde(rename = "16")]
    B16,
    /// 24-bit integers.
    #[serde(rename = "24")]
    B24,
    /// 32-bit floats; only in WAV.
    #[serde(rename = "32f")]
    F32,
}

impl Bits {
    /// The stable name: `16`, `24` or `32f`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::B16 => "16",
            Self::B24 => "24",
            Self::F32 => "32f",
        }
    }

    /// Bytes of one sample.
    pub fn bytes(self) -> u16 {
        match self {
            Self::B16 => 2,
            Self::B24 => 3,
            Self::F32 => 4,
        }
    }
}

/// One file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OutputKind {
    /// Container to write.
    pub format: Format,
    /// Samples to write.
    pub bits: Bits,
}

/// Everything that decides the bytes of a master, together with its sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Loudness and ceiling.
    pub target: Target,
    /// Which stages shape the sound, and how far.
    pub preset: Preset,
    /// What is done with references, where there are any.
    pub tone: Tone,
    /// Files to write, at least one.
    pub outputs: Vec<OutputKind>,
    /// Seed of the dither: the same seed gives the same bytes.
    pub seed: u64,
}

impl Settings {
    /// Refuses what cannot be done, before any work is done.
    pub fn check(&self) -> Result<()> {
        self.preset.check()?;
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
        let impossible =
            |output: &OutputKind| output.format == Format::Flac && output.bits == Bits::F32;
        if self.outputs.iter().any(impossible) {
            return Err(AudioError::InvalidSettings(
                "FLAC holds whole numbers only: choose 16 or 24 bits, or WAV for 32f".to_owned(),
            ));
        }
        Ok(())
    }
}

fn within(name: &str, value: f64, (least, most): (f64, f64), unit: &str) -> Result<()> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(AudioError::InvalidSettings(format!(
            "a {name} of {value} {unit} is outside {least} to {most}"
        )))
    }
}
