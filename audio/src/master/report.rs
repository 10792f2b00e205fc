//! What a master tells about itself: the JSON that goes with every mastered file.

use serde::{Deserialize, Serialize};

use crate::analysis::Span;
use crate::codec::{Playback, Prediction};
use crate::meter::{Band, Measurement};

/// The whole report. Its JSON shape is public: fields are added, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this shape: 1.
    pub version: u32,
    /// What came in.
    pub input: Input,
    /// What was aimed at.
    pub target: Target,
    /// Figures of the source.
    pub before: Measurement,
    /// Figures of the first file as it was written, decoded again.
    pub after: Measurement,
    /// The preset that shaped the sound.
    #[serde(default)]
    pub preset: Option<ChosenPreset>,
    /// What the assistant chose, and why; empty where the caller decided.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// The album that the track belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<AlbumShare>,
    /// What each stage did, in order.
    pub stages: Vec<StageReport>,
    /// Gain in front of the limiter, in decibels.
    pub gain_db: f64,
    /// What the limiter took away.
    pub gain_reduction: GainReduction,
    /// Whether the loudness is within 0.05 LU of the target.
    pub target_reached: bool,
    /// What a listener should know.
    pub notes: Vec<Note>,
    /// What was written: the first file.
    pub output: Output,
    /// Every file that was written, in the order in which they were asked for.
    #[serde(default)]
    pub outputs: Vec<Output>,
    /// What lossy codecs are expected to make of the first file's sound.
    #[serde(default)]
    pub codecs: Vec<Prediction>,
    /// At which gain services will play it.
    #[serde(default)]
    pub playback: Vec<Playback>,
    /// Levels over time, for drawing.
    pub waveform: WaveformPair,
    /// Loudness and limiting over time, for drawing.
    #[serde(default)]
    pub timeline: Option<Timeline>,
    /// What the balance was aimed at: third octaves at the level of the result. `None` when
    /// nothing was aimed at.
    #[serde(default)]
    pub target_spectrum: Option<Vec<Band>>,
}

/// The loudness and the ceiling that were aimed at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The target's name.
    pub name: String,
    /// Integrated loudness in LUFS: the one asked for, the references' or the track's own.
    pub integrated_lufs: f64,
    /// Highest true peak, in dBTP: the one asked for, or a lower one for the sake of codecs.
    pub ceiling_dbtp: f64,
}

/// The preset that shaped the sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenPreset {
    /// The word it is chosen by.
    pub name: String,
    /// The name shown to people.
    pub title: String,
}

/// A track's part in its album.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlbumShare {
    /// Tracks of the album.
    pub tracks: usize,
    /// Integrated loudness of all sources one after the other, in LUFS.
    pub integrated_lufs: Option<f64>,
    /// How much louder this one is than the album, before and after, in LU.
    pub against_album_lu: Option<f64>,
    /// How much lower than asked for all tracks are, so that none of them is limited so much
    /// that it would be heard, in LU.
    pub lowered_lu: f64,
}

/// Something that the assistant chose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// What was to be chosen: `preset`, `loudness` or the name of a stage.
    pub about: String,
    /// What was chosen, in a few words.
    pub choice: String,
    /// Why, in plain words with figures.
    pub reason: String,
}

/// The source, as [`SourceInfo`](crate::SourceInfo) with the length that was decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Container.
    pub format: String,
    /// Codec.
    pub codec: String,
    /// Sample rate in hertz.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u16,
    /// Bits of a sample, where the codec has any.
    pub bits: Option<u32>,
    /// Length in seconds.
    pub duration_seconds: f64,
    /// Length in sample frames.
    pub frames: u64,
}

/// One stage of the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// The stage's name: `downmix`, `dc`, `declip`, `eq`, `low_mono`, `multiband`, `saturation`,
    /// `limiter`, `dither`, `verify`.
    pub stage: String,
    /// Whether it changed the sound.
    pub applied: bool,
    /// What it did or why it did nothing, in plain words.
    pub summary: String,
    /// Its figures.
    pub details: serde_json::Value,
}

/// What the limiter took away, in decibels, all positive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct GainReduction {
    /// Deepest reduction.
    pub max_db: f64,
    /// Mean reduction over the time in which the limiter worked at all (over 0.1 dB).
    pub mean_db: f64,
    /// Share of time with more than 0.1 dB, 0 to 100.
    pub active_percent: f64,
}

/// Something worth telling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Stable name.
    pub code: String,
    /// Plain words with figures.
    pub message: String,
    /// Where in the source; empty where it concerns the whole track.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

impl Note {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            spans: Vec::new(),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Container: `wav`, `flac` or `vorbis`.
    pub format: String,
    /// Samples: `16`, `24` or `32f`; Vorbis has floats.
    pub bits: String,
    /// Sample rate in hertz: the source's own, unless another one was asked for.
    pub sample_rate_hz: u32,
    /// Channels: 1 or 2.
    pub channels: u16,
    /// Length in sample frames: the source's own, unless only a part of it or another sample
    /// rate was asked for.
    pub frames: u64,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// Integrated loudness in LUFS of the file, decoded again.
    #[serde(default)]
    pub integrated_lufs: Option<f64>,
    /// True peak in dBTP of the file, decoded again.
    #[serde(default)]
    pub true_peak_dbtp: Option<f64>,
    /// Where in the track it begins, in seconds; `None` for the whole track.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt_from_seconds: Option<f64>,
}

/// Both waveforms, on one time grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaveformPair {
    /// The source.
    pub before: Waveform,
    /// The master.
    pub after: Waveform,
}

/// Levels over time: at most 1200 points, linear, full scale at 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waveform {
    /// Points in one second.
    pub points_per_second: f64,
    /// Highest sample of each point, over all channels.
    pub peak: Vec<f32>,
    /// Root mean square of each point, over all channels.
    pub rms: Vec<f32>,
}

/// Loudness and limiting over time, on one grid: at most 600 points.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Points in one second.
    pub points_per_second: f64,
    /// Short-term loudness of the source in LUFS, not below -70: of the three seconds around
    /// each point, or of as much of them as there is.
    pub short_term_before: Vec<f32>,
    /// The same of the master.
    pub short_term_after: Vec<f32>,
    /// Deepest reduction of each point, in positive decibels.
    pub gain_reduction_db: Vec<f32>,
}
