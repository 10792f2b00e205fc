//! What an artist asks of a master, in the words of the API. It is kept as one JSON document, which
//! says which version it is of: fields are added with a default, and old documents stay readable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::TrackId;

/// The version that is written.
pub const VERSION: u32 = 1;
/// The preset of those who name none.
pub const DEFAULT_PRESET: &str = "transparent";
/// In place of a preset's name: the choice is left to what is found in the track.
pub const ASSISTANT: &str = "assistant";

/// The whole wish, but for the track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Which form this has.
    pub version: u32,
    /// Loudness and ceiling.
    pub target: Target,
    /// Whether the master is to stay under full scale after lossy coding too.
    #[serde(default)]
    pub codec_safe: bool,
    /// A preset's name, or [`ASSISTANT`].
    #[serde(default = "default_preset")]
    pub preset: String,
    /// Amounts of the preset's stages in percent, where they are not its own.
    #[serde(default)]
    pub amounts: BTreeMap<String, f64>,
    /// Tracks to go by.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// How far the references' tone is taken on.
    #[serde(default)]
    pub tone: Tone,
    /// The files to write, at least one.
    pub outputs: Vec<Output>,
}

/// Loudness and ceiling, as they were when they were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// A target's name; `custom` for figures of one's own; else one of the words of [`Aim`].
    pub name: String,
    /// Integrated loudness, LUFS; none where only the track or a reference will tell.
    pub integrated_lufs: Option<f64>,
    /// Highest true peak, dBTP.
    pub ceiling_dbtp: f64,
}

/// The names of targets that are no figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The track's own loudness.
    Natural,
    /// The references'.
    Reference,
    /// What the preset suggests, or the assistant.
    Preset,
}

impl Aim {
    /// The aim that a target's name means, if it means one.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "natural" => Some(Self::Natural),
            "reference" => Some(Self::Reference),
            "preset" => Some(Self::Preset),
            _ => None,
        }
    }
}

/// A track to go by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The track.
    pub track_id: TrackId,
    /// How much it counts beside the others.
    pub weight: f64,
}

/// How far the references' tone is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// Share of the difference that is made up, percent.
    pub amount_percent: f64,
    /// Most that any frequency is changed, dB.
    pub bound_db: f64,
}

impl Default for Tone {
    fn default() -> Self {
        Self {
            amount_percent: 100.0,
            bound_db: 6.0,
        }
    }
}

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// `wav`, `flac` or `vorbis`.
    pub format: String,
    /// `16`, `24` or `32f`.
    pub bits: String,
    /// `triangular` or `shaped`.
    #[serde(default = "default_dither")]
    pub dither: String,
    /// Sample rate, Hz; the track's own unless said.
    #[serde(default)]
    pub sample_rate_hz: Option<u32>,
    /// Only the loudest part, of so many seconds; the whole track unless said.
    #[serde(default)]
    pub excerpt_seconds: Option<u32>,
}

fn default_preset() -> String {
    DEFAULT_PRESET.to_owned()
}

fn default_dither() -> String {
    "triangular".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_before_there_were_presets_reads_as_it_was_meant() {
        let old = serde_json::json!({
            "version": 1,
            "target": { "name": "spotify", "integrated_lufs": -14.0, "ceiling_dbtp": -1.0 },
            "references": [],
            "outputs": [{ "format": "wav", "bits": "24" }],
        });
        let settings: Settings = serde_json::from_value(old).unwrap();
        assert_eq!(
            (settings.preset.as_str(), settings.codec_safe, settings.tone),
            (DEFAULT_PRESET, false, Tone::default())
        );
        assert_eq!(settings.outputs[0].dither, "triangular");
        assert_eq!(Aim::of(&settings.target.name), None);
    }
}
