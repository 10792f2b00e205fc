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
            pictures: self
                .peaks
                .zip(self.painter)
                .map(|(peaks, painter)| Pictures {
                    peaks: peaks.finish(),
                    spectrogram: painter.finish(),
                }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::signals::{noise, sine, white};
    use super::*;

    fn analyse(rate: u32, planes: &[Vec<f32>], block: usize, wants: Wants) -> Analysis {
        let mut analyser = Analyser::new(rate, planes.len(), wants);
        let frames = planes.first().map_or(0, Vec::len);
        for from in (0..frames).step_by(block) {
            let to = frames.min(from + block);
            let part: Vec<Vec<f32>> = planes
                .iter()
                .map(|plane| plane[from..to].to_vec())
                .collect();
            analyser.push_planes(&part);
        }
        analyser.finish()
    }

    #[test]
    fn odd_tracks_give_finite_figures_at_every_rate() {
        for rate in [8_000, 44_100, 192_000] {
            let second = rate as usize;
            for plane in [
                vec![],
                vec![0.5],
                vec![0.0; second * 3],
                vec![1.0; second * 3],
                white(rate, 0.1, 0.5, 1),
                white(rate, 5.0, 0.000_03, 2),
                (0..second * 5)
                    .map(|n| if n == 99 { 1.0 } else { 0.0 })
                    .collect(),
            ] {
                for channels in [1, 2, 6] {
                    let planes = vec![plane.clone(); channels];
                    let found = analyse(rate, &planes, 4_096, Wants::ALL);
                    assert_eq!(found.image.is_some(), channels == 2);
                    let json = serde_json::to_value(&found).unwrap();
                    let mut numbers = vec![&json];
                    while let Some(value) = numbers.pop() {
                        match value {
                            serde_json::Value::Array(values) => numbers.extend(values),
                            serde_json::Value::Object(map) => numbers.extend(map.values()),
                            // Nothing that is not finite can be written as a number.
                            serde_json::Value::Number(number) => {
                                assert!(number.as_f64().unwrap().abs() < 1e9);
                            }
                            _ => {}
                        }
                    }
                    let back: Analysis = serde_json::from_value(json.clone()).unwrap();
                    assert_eq!(serde_json::to_value(&back).unwrap(), json);
                }
            }
        }
    }

    #[test]
    fn what_is_not_wanted_is_not_made_and_changes_nothing_else() {
        let plane = noise(44_100, 5.0, 0.5, 3);
        let all = analyse(44_100, &[plane.clone(), plane.clone()], 4_096, Wants::ALL);
        let few = analyse(44_100, &[plane.clone(), plane], 4_096, Wants::default());
        assert!(few.pictures.is_none() && few.key.is_none() && few.tempo.is_none());
        let pictures = all.pictures.unwrap();
        assert_eq!(pictures.spectrogram.rows, spectrogram::ROWS);
        assert_eq!(pictures.peaks.zooms.len(), 4);
        assert_eq!(
            (all.clipping, all.ends, all.image),
            (few.clipping, few.ends, few.image)
        );
        assert_eq!(all.cutoff, few.cutoff);
    }

    #[test]
    fn blocks_of_any_size_find_the_same() {
        let mut plane = sine(48_000, 5.0, 500.0, 1.3);
        for sample in &mut plane {
            *sample = sample.clamp(-1.0, 1.0);
        }
        let planes = [plane.clone(), noise(48_000, 5.0, 0.3, 5)];
        let whole = analyse(48_000, &planes, 1 << 20, Wants::ALL);
        for block in [256, 1_000, 4_096] {
            let cut = analyse(48_000, &planes, block, Wants::ALL);
            assert_eq!(cut.clipping, whole.clipping);
            assert_eq!(cut.ends, whole.ends);
            assert_eq!(cut.pictures, whole.pictures);
            assert_eq!(
                (cut.key, cut.tempo, cut.cutoff),
                (whole.key.clone(), whole.tempo, whole.cutoff)
            );
        }
    }

    #[test]
    fn a_tenth_of_a_second_has_a_picture_too() {
        for rate in [8_000, 192_000] {
            let found = analyse(rate, &[sine(rate, 0.1, 1_000.0, 0.5)], 4_096, Wants::ALL);
            let picture = found.pictures.unwrap().spectrogram;
            assert!(picture.columns >= 1);
            assert!(picture.levels.iter().any(|level| *level > 200));
        }
    }
}
