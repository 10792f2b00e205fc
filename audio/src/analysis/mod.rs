//! What loudness and peaks do not tell: faults of a track, its key and tempo, and pictures of
//! it. Everything is found in one pass over the blocks that the meter cuts.

mod chunk;
pub mod clipping;
pub mod cutoff;
pub mod ends;
pub mod faults;
pub mod image;
pub mod key;
mod mix;
pub mod peaks;
pub mod psr;
#[cfg(test)]
mod signals;
pub mod span;
pub mod spectrogram;
pub mod tempo;
mod transform;

use serde::{Deserialize, Serialize};

use chunk::Chunks;
use clipping::{Clipping, ClippingMeter};
use cutoff::{Cutoff, CutoffMeter};
use ends::{Ends, EndsMeter};
use image::{Image, ImageMeter};
use key::{Key, KeyMeter};
use mix::{Mix, Slower};
use peaks::{Peaks, PeaksMeter};
use spectrogram::{Painter, Spectrogram};
use tempo::{Tempo, TempoMeter};
use transform::Transform;

pub use faults::{Fault, faults};
pub use span::Span;

/// What is wanted besides clipping, silence, image and cutoff, which cost next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wants {
    /// Key and tempo.
    pub music: bool,
    /// Waveform peaks and the spectrogram.
    pub pictures: bool,
}

impl Wants {
    /// Everything.
    pub const ALL: Self = Self {
        music: true,
        pictures: true,
    };
}

/// The analysis of one track. `None` (null in JSON) where a figure is not defined or was not
/// wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Sample rate in hertz.
    pub sample_rate_hz: u32,
    /// Length in seconds.
    pub duration_seconds: f64,
    /// Clipped samples.
    pub clipping: Clipping,
    /// Silence and the noise floor.
    pub ends: Ends,
    /// The stereo image; only for two channels.
    pub image: Option<Image>,
    /// Where the spectrum breaks off as only a filter does it.
    pub cutoff: Option<Cutoff>,
    /// The key.
    pub key: Option<Key>,
    /// The tempo.
    pub tempo: Option<Tempo>,
    /// The pictures: not part of the JSON, for they are files of their own.
    #[serde(skip)]
    pub pictures: Option<Pictures>,
}

/// Pictures of one track.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    /// Waveform peaks at several zooms.
    pub peaks: Peaks,
    /// The spectrum over time.
    pub spectrogram: Spectrogram,
}

/// Analyses a track as its blocks go by.
pub struct Analyser {
    sample_rate_hz: u32,
    chunks: Chunks,
    clipping: ClippingMeter,
    ends: EndsMeter,
    image: Option<ImageMeter>,
    mix: Mix,
    transform: Transform,
    cutoff: CutoffMeter,
    painter: Option<Painter>,
    peaks: Option<PeaksMeter>,
    music: Option<Music>,
}

struct Music {
    slower: Slower,
    key: KeyMeter,
    tempo: TempoMeter,
}

impl Music {
    fn new(sample_rate_hz: f64) -> Self {
        let slower = Slower::new(sample_rate_hz);
        let slow_rate_hz = sample_rate_hz / slower.step() as f64;
        Self {
            key: KeyMeter::new(slow_rate_hz),
            tempo: TempoMeter::new(slow_rate_hz),
            slower,
        }
    }
}

impl Analyser {
    /// An analyser for a sample rate in hertz and a number of channels.
    pub fn new(sample_rate_hz: u32, channels: usize, wants: Wants) -> Self {
        let rate = f64::from(sample_rate_hz);
        let size = Transform::size_for(rate, cutoff::BIN_HZ);
        Self {
            sample_rate_hz,
            chunks: Chunks::new(),
            clipping: ClippingMeter::new(channels),
            ends: EndsMeter::new(rate, channels),
            image: (channels == 2).then(|| ImageMeter::new(rate)),
            mix: Mix::new(channels),
            transform: Transform::new(size, size),
            cutoff: CutoffMeter::new(rate, size),
            painter: wants.pictures.then(|| Painter::new(rate, size)),
            peaks: wants
                .pictures
                .then(|| PeaksMeter::new(sample_rate_hz, channels)),
            music: wants.music.then(|| Music::new(rate)),
        }
    }

    /// Takes the next samples: one vector for each channel, all of the same length, full scale
    /// at 1, finite.
    pub fn push_planes(&mut self, planes: &[Vec<f32>]) {
        self.chunks.each(planes, |chunk| {
            self.clipping.push(chunk);
            self.ends.push(chunk);
            if let Some(image) = &mut self.image {
                image.push(chunk);
            }
            if let Some(peaks) = &mut self.peaks {
                peaks.push(chunk);
            }
        });
        let mixed = self.mix.mix(planes);
        self.transform.push(mixed, |power| {
            self.cutoff.push(power);
            if let Some(painter) = &mut self.painter {
                painter.push(power);
            }
        });
        if let Some(music) = &mut self.music {
            let slow = music.slower.push(mixed);
            music.key.push(slow);
            music.tempo.push(slow);
        }
    }

    /// Ends the track.
    pub fn finish(mut self) -> Analysis {
        let rate = f64::from(self.sample_rate_hz);
        let frames = self.chunks.frames();
        if let Some(painter) = &mut self.painter
            && painter.is_empty()
        {
            self.transform.pad(|power| painter.push(power));
        }
        let (key, tempo) = self.music.map_or((None, None), |music| {
            (music.key.finish(), music.tempo.finish())
        });
        Analysis {
            sample_rate_hz: self.sample_rate_hz,
            duration_seconds: frames as f64 / rate,
            clipping: self.clipping.finish(rate),
            ends: self.ends.finish(),
            image: self.image.map(ImageMeter::finish),
            cutoff: self.cutoff.finish(),
            key,
            tempo,
            pictures: self.peaks.zip(self.painter).map(|(peaks, painter)| Pictures {
                peaks: peaks.finish(),
                spectrogram: painter.finish(),
            }),
        }
    }
}
