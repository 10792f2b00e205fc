//! What the caller asks of a master.

use serde::{Deserialize, Serialize};

use crate::{AudioError, Result};

/// Loudness and ceiling to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The target's name, as shown in the report ("spotify", "custom" …).
    pub name: String,
    /// Integrated loudness to reach, in LUFS, -60 to 0.
    pub integrated_lufs: f64,
    /// Highest true peak allowed, in dBTP, -20 to 0.
    pub ceiling_dbtp: f64,
}

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

/// Everything that decides the bytes of a master, together with its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Loudness and ceiling.
    pub target: Target,
    /// Container to write.
    pub format: Format,
    /// Samples to write.
    pub bits: Bits,
    /// Seed of the dither: the same seed gives the same bytes.
    pub seed: u64,
}

impl Settings {
    /// Refuses what cannot be done, before any work is done.
    pub fn check(&self) -> Result<()> {
        let target = &self.target;
        if !(-60.0..=0.0).contains(&target.integrated_lufs) {
            return Err(AudioError::InvalidSettings(format!(
                "a loudness of {} LUFS is outside -60 to 0",
                target.integrated_lufs
            )));
        }
        if !(-20.0..=0.0).contains(&target.ceiling_dbtp) {
            return Err(AudioError::InvalidSettings(format!(
                "a ceiling of {} dBTP is outside -20 to 0",
                target.ceiling_dbtp
            )));
        }
        if self.format == Format::Flac && self.bits == Bits::F32 {
            return Err(AudioError::InvalidSettings(
                "FLAC holds whole numbers only: choose 16 or 24 bits, or WAV for 32f".to_owned(),
            ));
        }
        Ok(())
    }
}
