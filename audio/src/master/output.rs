//! The files that a master is written to.

use serde::{Deserialize, Serialize};

use super::settings::within;
use crate::{AudioError, Result};

/// The container that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RIFF WAVE, RF64 above 4 GB.
    Wav,
    /// FLAC.
    Flac,
    /// Ogg Vorbis at about 192 kb/s, for listening.
    Vorbis,
}

impl Format {
    /// The stable name: `wav`, `flac` or `vorbis`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Vorbis => "vorbis",
        }
    }

    /// The usual file extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Vorbis => "ogg",
            lossless => lossless.as_str(),
        }
    }

    /// Whether what is decoded are the very samples that were written.
    pub fn is_lossless(self) -> bool {
        self != Self::Vorbis
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Vorbis => "audio/ogg",
        }
    }
}

/// The samples that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bits {
    /// 16-bit integers, with dither.
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

/// What is added before rounding to 16 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dither {
    /// Triangular noise.
    #[default]
    Triangular,
    /// Triangular noise, moved to where the ear hears least; at 44.1 and 48 kHz only.
    Shaped,
}

/// One file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OutputKind {
    /// Container to write.
    pub format: Format,
    /// Samples to write; Vorbis has floats only.
    pub bits: Bits,
    /// Dither of 16 bits.
    #[serde(default)]
    pub dither: Dither,
    /// Sample rate in hertz, 8,000 to 384,000; the source's own unless said.
    #[serde(default)]
    pub sample_rate_hz: Option<u32>,
    /// Only the loudest part, of this length in seconds, 1 to 600, faded at its ends; the whole
    /// track unless said.
    #[serde(default)]
    pub excerpt_seconds: Option<u32>,
}

impl OutputKind {
    /// The whole track at its own rate.
    pub fn new(format: Format, bits: Bits) -> Self {
        Self {
            format,
            bits,
            dither: Dither::default(),
            sample_rate_hz: None,
            excerpt_seconds: None,
        }
    }

    /// The loudest part as Vorbis, for listening.
    pub fn preview(seconds: u32) -> Self {
        Self {
            excerpt_seconds: Some(seconds),
            ..Self::new(Format::Vorbis, Bits::F32)
        }
    }

    /// Whether it holds every sample of the master, so that its figures are the master's.
    pub(crate) fn is_whole(&self) -> bool {
        self.format.is_lossless() && self.excerpt_seconds.is_none()
    }

    pub(super) fn check(&self) -> Result<()> {
        let refuse = |why: &str| Err(AudioError::InvalidSettings(why.to_owned()));
        if let Some(seconds) = self.excerpt_seconds {
            within("excerpt", f64::from(seconds), (1.0, 600.0), "seconds")?;
        }
        if let Some(rate) = self.sample_rate_hz {
            within("sample rate", f64::from(rate), (8_000.0, 384_000.0), "Hz")?;
        }
        match (self.format, self.bits, self.dither) {
            (Format::Flac, Bits::F32, _) => {
                refuse("FLAC holds whole numbers only: choose 16 or 24 bits, or WAV for 32f")
            }
            (Format::Vorbis, Bits::B16 | Bits::B24, _) => {
                refuse("Vorbis has no bits to choose: its samples are floats, 32f")
            }
            (_, Bits::B24 | Bits::F32, Dither::Shaped) => {
                refuse("only 16 bits are dithered, so there is nothing to shape")
            }
            _ => Ok(()),
        }
    }
}
