//! The figures of one track.

use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::analysis::psr::Psr;

/// One third-octave band of the long-term spectrum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Nominal centre in hertz (IEC 61260 series).
    pub hz: f64,
    /// Mean power in the band, in dB relative to a full-scale sine, all channels together.
    pub db: f64,
}

/// The figures of one track. `None` (null in JSON) where a figure is not defined: silence, or
/// too short for its window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Integrated loudness in LUFS, gated after BS.1770-5. Needs 0.4 s.
    pub integrated_lufs: Option<f64>,
    /// Loudness range in LU after EBU Tech 3342. Needs 3 s.
    pub lra_lu: Option<f64>,
    /// Highest momentary loudness (0.4 s windows every 10 ms) in LUFS.
    pub max_momentary_lufs: Option<f64>,
    /// Highest short-term loudness (3 s windows every 10 ms) in LUFS.
    pub max_short_term_lufs: Option<f64>,
    /// True peak in dBTP, by 16 times oversampling.
    pub true_peak_dbtp: Option<f64>,
    /// Highest sample in dBFS.
    pub sample_peak_dbfs: Option<f64>,
    /// Peak to loudness ratio in dB: true peak less integrated loudness.
    pub plr_db: Option<f64>,
    /// Peak to short-term loudness ratio over time, of sample peaks. Needs 3 s.
    #[serde(default)]
    pub psr: Option<Psr>,
    /// Crest factor in dB: sample peak less RMS level.
    pub crest_db: Option<f64>,
    /// Correlation of left and right, -1 to 1; only for two channels that both sound.
    pub correlation: Option<f64>,
    /// The channel mean that is farthest from zero, full scale at 1.
    pub dc_offset: f64,
    /// Long-term spectrum in third octaves, from 25 Hz up to below half the sample rate.
    pub spectrum: Vec<Band>,
    /// The same of the mid channel, (L + R) / 2; only for two channels.
    #[serde(default)]
    pub mid_spectrum: Option<Vec<Band>>,
    /// The same of the side channel, (L - R) / 2; only for two channels. The powers of mid and
    /// side add up to `spectrum`.
    #[serde(default)]
    pub side_spectrum: Option<Vec<Band>>,
    /// Length in sample frames.
    pub frames: u64,
    /// Length in seconds.
    pub duration_seconds: f64,
    /// Clipping, silence, image, key and more; absent where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
}
