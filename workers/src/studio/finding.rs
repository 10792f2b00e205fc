//! Everything that one pass over a track finds: its figures, its faults and pictures of it.

use audio::analysis::Pictures;
use audio::meter::Meter;
use audio::{Analysis, Control, Fault, Measurement, Source, Stage, Wants, faults};
use serde::{Deserialize, Serialize};

/// The form of [`Findings`].
const VERSION: u32 = 1;

/// What was found. Its JSON shape is public: fields are added, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Which form this has.
    pub version: u32,
    /// What came in.
    pub input: Input,
    /// Loudness, peaks and spectra.
    pub measurement: Measurement,
    /// Clipping, silence, image, cutoff, key and tempo.
    pub analysis: Analysis,
    /// What a mix engineer would want to know, the worst kinds first, with places.
    pub faults: Vec<Fault>,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Reads a whole track and tells everything of it; the pictures come beside.
pub fn find(
    mut source: Source,
    control: &mut dyn Control,
) -> audio::Result<(Findings, Option<Pictures>)> {
    let info = source.info().clone();
    let mut meter = Meter::new(info.sample_rate_hz, source.places()).analysing(Wants::ALL);
    let expected = info.frames.unwrap_or(0).max(1) as f64;
    let mut block = Vec::new();
    let mut done = 0_u64;
    while let Some(frames) = source.next_block(&mut block)? {
        if control.cancelled() {
            return Err(audio::AudioError::Cancelled);
        }
        meter.push(&block);
        done += frames as u64;
        #[expect(clippy::cast_possible_truncation, reason = "a share of 1")]
        control.stage(Stage::Measure, (done as f64 / expected).min(1.0) as f32);
    }
    let mut measurement = meter.finish();
    let missing = || audio::AudioError::Internal("a meter that analyses told nothing".to_owned());
    let mut analysis = measurement.analysis.take().ok_or_else(missing)?;
    let faults = faults(&analysis, &measurement);
    let pictures = analysis.pictures.take();
    let findings = Findings {
        version: VERSION,
        input: Input {
            format: info.format,
            codec: info.codec,
            sample_rate_hz: info.sample_rate_hz,
            channels: info.channels,
            bits: info.bits,
        },
        measurement,
        analysis,
        faults,
    };
    Ok((findings, pictures))
}
