//! The parts of a wish for a master: words and figures, as a caller writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A target by name, or by figures.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(
    untagged,
    expecting = "target must be a name, or an object of integrated_lufs and ceiling_dbtp"
)]
pub enum Target {
    /// A name of `GET /v1/targets`; or `natural` (the track's own loudness: only the peaks are
    /// held), `reference` (the references', as their weighted mean), or `preset` (what the preset
    /// suggests, or the assistant).
    Named(String),
    /// Figures of one's own.
    Custom(CustomTarget),
}

/// Loudness and ceiling of one's own.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomTarget {
    /// Integrated loudness in LUFS, -36 to -5.
    #[schema(minimum = -36, maximum = -5)]
    pub integrated_lufs: f64,
    /// Highest true peak in dBTP, -9 to 0; -1 when absent.
    #[serde(default)]
    #[schema(minimum = -9, maximum = 0)]
    pub ceiling_dbtp: Option<f64>,
}

/// Amounts of a preset's stages in percent, 0 to 100, in place of its own. A stage that the preset
/// doesn't have can't be given one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Amounts {
    /// Balance towards the preset's curve.
    #[schema(minimum = 0, maximum = 100)]
    pub eq: Option<f64>,
    /// Mono bass.
    #[schema(minimum = 0, maximum = 100)]
    pub low_mono: Option<f64>,
    /// Dynamics in bands.
    #[schema(minimum = 0, maximum = 100)]
    pub multiband: Option<f64>,
    /// Rounding of the highest peaks.
    #[schema(minimum = 0, maximum = 100)]
    pub saturation: Option<f64>,
    /// Repair of clipped peaks.
    #[schema(minimum = 0, maximum = 100)]
    pub declip: Option<f64>,
}

impl Amounts {
    /// Those that are given, by stage.
    pub fn given(&self) -> BTreeMap<String, f64> {
        [
            ("eq", self.eq),
            ("low_mono", self.low_mono),
            ("multiband", self.multiband),
            ("saturation", self.saturation),
            ("declip", self.declip),
        ]
        .into_iter()
        .filter_map(|(stage, amount)| Some((stage.to_owned(), amount?)))
        .collect()
    }
}

/// A track to go by.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedReference {
    /// A track of the artist's.
    pub track_id: Uuid,
    /// How much it counts beside the others, above 0, 1000 at most; 1 when absent.
    #[serde(default = "one")]
    #[schema(exclusive_minimum = 0, maximum = 1000)]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

/// How far the references' tone is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tone {
    /// Share of the difference to the references that is made up, 0 to 100 percent; 100 when absent.
    #[schema(minimum = 0, maximum = 100)]
    pub amount_percent: f64,
    /// Most that any frequency is changed, 0 to 6 dB; 6 when absent.
    #[schema(minimum = 0, maximum = 6)]
    pub bound_db: f64,
}

impl Default for Tone {
    fn default() -> Self {
        models::settings::Tone::default().into()
    }
}

impl From<models::settings::Tone> for Tone {
    fn from(tone: models::settings::Tone) -> Self {
        Self {
            amount_percent: tone.amount_percent,
            bound_db: tone.bound_db,
        }
    }
}

/// One file to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// The file format; `wav` when absent.
    pub format: Format,
    /// Bits a sample; when absent `24`, or `32f` for vorbis, which has no other.
    pub bits: Option<Bits>,
    /// Dither of 16 bits.
    pub dither: Dither,
    /// Sample rate in Hz, 8000 to 384000; the track's own when absent.
    #[schema(minimum = 8000, maximum = 384_000)]
    pub sample_rate_hz: Option<u32>,
    /// Only the loudest part, of so many seconds, 1 to 600; the whole track when absent.
    #[schema(minimum = 1, maximum = 600)]
    pub excerpt_seconds: Option<u32>,
}

impl Output {
    /// As it is kept.
    pub fn asked(self) -> models::settings::Output {
        let usual = if self.format == Format::Vorbis {
            Bits::F32
        } else {
            Bits::B24
        };
        models::settings::Output {
            format: self.format.as_str().to_owned(),
            bits: self.bits.unwrap_or(usual).as_str().to_owned(),
            dither: self.dither.as_str().to_owned(),
            sample_rate_hz: self.sample_rate_hz,
            excerpt_seconds: self.excerpt_seconds,
        }
    }
}

/// The file format of a master.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RIFF WAVE.
    #[default]
    Wav,
    /// FLAC; not with 32f.
    Flac,
    /// Ogg Vorbis, for listening.
    Vorbis,
}

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Vorbis => "vorbis",
        }
    }
}

/// Bits a sample of a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum Bits {
    /// 16-bit integer, dithered.
    #[serde(rename = "16")]
    B16,
    /// 24-bit integer.
    #[serde(rename = "24")]
    B24,
    /// 32-bit float.
    #[serde(rename = "32f")]
    F32,
}

impl Bits {
    fn as_str(self) -> &'static str {
        match self {
            Self::B16 => "16",
            Self::B24 => "24",
            Self::F32 => "32f",
        }
    }
}

/// What is added before rounding to 16 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dither {
    /// Triangular noise.
    #[default]
    Triangular,
    /// Triangular noise, moved to where the ear hears least.
    Shaped,
}

impl Dither {
    fn as_str(self) -> &'static str {
        match self {
            Self::Triangular => "triangular",
            Self::Shaped => "shaped",
        }
    }
}
