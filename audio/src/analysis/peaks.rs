//! Waveform peaks for players, at several zooms: lowest and highest sample of each pixel, in the
//! binary and JSON data formats, version 2, of BBC audiowaveform (its doc/DataFormat.md).
//!
//! The finest zoom has 256 frames a pixel. A track too long for the memory gets a coarser one:
//! every second pixel is joined to the one before it, as often as needed.

use serde_json::json;

use super::chunk::{CHUNK_FRAMES, Chunk};

/// Values (lowest and highest of every channel) that are kept: 4 MiB, 49 minutes of stereo at
/// 44.1 kHz before the finest zoom is given up.
const MOST_VALUES: usize = 1 << 21;
/// Each zoom is so many times coarser than the one before.
const ZOOM_STEP: usize = 4;
const ZOOMS: usize = 4;

/// Bits of a value in a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeakBits {
    /// -128 to 127, enough for drawing.
    Eight,
    /// -32768 to 32767.
    Sixteen,
}

/// One zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zoom {
    /// Frames of a pixel: 256, 1024, 4096, 16384, or a power of two times as many.
    pub samples_per_pixel: u32,
    /// For each pixel, for each channel: lowest and highest sample, full scale at 32768.
    pub values: Vec<i16>,
}

/// Waveform peaks of one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peaks {
    /// Sample rate of the track in hertz.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: usize,
    /// From fine to coarse.
    pub zooms: Vec<Zoom>,
}

impl Peaks {
    fn pixels(&self, zoom: &Zoom) -> usize {
        zoom.values.len() / (2 * self.channels.max(1))
    }

    /// A `.dat` file of one zoom: little-endian 32-bit version, flags (1 for 8 bits), sample
    /// rate, samples per pixel, pixels and channels; then the values.
    pub fn dat(&self, zoom: &Zoom, bits: PeakBits) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + zoom.values.len() * 2);
        let flags = u32::from(bits == PeakBits::Eight);
        let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        for field in [
            2,
            flags,
            self.sample_rate_hz,
            zoom.samples_per_pixel,
            count(self.pixels(zoom)),
            count(self.channels),
        ] {
            bytes.extend(field.to_le_bytes());
        }
        match bits {
            PeakBits::Eight => {
                // The high byte: a division by 256.
                bytes.extend(zoom.values.iter().map(|value| value.to_be_bytes()[0]));
            }
            PeakBits::Sixteen => bytes.extend(zoom.values.iter().flat_map(|v| v.to_le_bytes())),
        }
        bytes
    }

    /// Every zoom as a `.dat` file with 8 bits, with its samples per pixel.
    pub fn dat_files(&self) -> Vec<(u32, Vec<u8>)> {
        self.zooms
            .iter()
            .map(|zoom| (zoom.samples_per_pixel, self.dat(zoom, PeakBits::Eight)))
            .collect()
    }

    /// The JSON form of one zoom.
    pub fn json(&self, zoom: &Zoom, bits: PeakBits) -> serde_json::Value {
        let (bits, shift) = match bits {
            PeakBits::Eight => (8, 8),
            PeakBits::Sixteen => (16, 0),
        };
        let data: Vec<i16> = zoom.values.iter().map(|value| value >> shift).collect();
        json!({
            "version": 2,
            "channels": self.channels,
            "sample_rate": self.sample_rate_hz,
            "samples_per_pixel": zoom.samples_per_pixel,
            "bits": bits,
            "length": self.pixels(zoom),
            "data": data,
        })
    }
}

/// Collects peaks as chunks go by.
pub(crate) struct PeaksMeter {
    sample_rate_hz: u32,
    channels: usize,
    frames_per_pixel: u64,
    values: Vec<i16>,
    /// The pixel at hand.
    current: Vec<(f32, f32)>,
    held: u64,
}

const NOTHING: (f32, f32) = (f32::MAX, f32::MIN);

impl PeaksMeter {
    pub(crate) fn new(sample_rate_hz: u32, channels: usize) -> Self {
        Self {
            sample_rate_hz,
            channels,
            frames_per_pixel: CHUNK_FRAMES,
            values: Vec::new(),
            current: vec![NOTHING; channels],
            held: 0,
        }
    }

    pub(crate) fn push(&mut self, chunk: &Chunk<'_>) {
        for ((lowest, highest), levels) in self.current.iter_mut().zip(chunk.levels) {
            *lowest = lowest.min(levels.lowest);
            *highest = highest.max(levels.highest);
        }
        self.held += chunk.frames;
        if self.held >= self.frames_per_pixel {
            self.close_pixel();
        }
    }

    fn close_pixel(&mut self) {
        for (lowest, highest) in self.current.drain(..) {
            self.values.extend([sixteen(lowest), sixteen(highest)]);
        }
        self.current.resize(self.channels, NOTHING);
        self.held = 0;
        let pixels = self.values.len() / (2 * self.channels.max(1));
        if self.values.len() >= MOST_VALUES && pixels.is_multiple_of(2) {
            self.values = coarser(&self.values, self.channels, 2);
            self.frames_per_pixel *= 2;
        }
    }

    pub(crate) fn finish(mut self) -> Peaks {
        if self.held > 0 {
            self.close_pixel();
        }
        let mut zooms: Vec<Zoom> = Vec::with_capacity(ZOOMS);
        let mut samples_per_pixel = u32::try_from(self.frames_per_pixel).unwrap_or(u32::MAX);
        let mut values = self.values;
        for _ in 0..ZOOMS {
            let next = coarser(&values, self.channels, ZOOM_STEP);
            zooms.push(Zoom {
                samples_per_pixel,
                values: std::mem::replace(&mut values, next),
            });
            samples_per_pixel = samples_per_pixel.saturating_mul(4);
        }
        Peaks {
            sample_rate_hz: self.sample_rate_hz,
            channels: self.channels,
            zooms,
        }
    }
}

/// A sample in 16 bits.
fn sixteen(sample: f32) -> i16 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float turns into an integer saturating"
    )]
    {
        (sample * 32_768.0).round() as i16
    }
}

/// Joins so many pixels to one each; a rest makes a last one.
fn coarser(values: &[i16], channels: usize, pixels: usize) -> Vec<i16> {
    let width = 2 * channels.max(1);
    let mut joined = Vec::with_capacity(values.len() / pixels + width);
    for group in values.chunks(width * pixels) {
        for channel in 0..channels {
            let lowest = group.iter().skip(2 * channel).step_by(width).min();
            let highest = group.iter().skip(2 * channel + 1).step_by(width).max();
            joined.extend(lowest.into_iter().chain(highest));
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Chunks;
    use super::super::signals::white;
    use super::*;

    fn peaks(planes: &[Vec<f32>], block: usize) -> Peaks {
        let mut meter = PeaksMeter::new(44_100, planes.len());
        let mut chunks = Chunks::new();
        let frames = planes.first().map_or(0, Vec::len);
        for from in (0..frames).step_by(block) {
            let part: Vec<Vec<f32>> = planes
                .iter()
                .map(|plane| plane[from..frames.min(from + block)].to_vec())
                .collect();
            chunks.each(&part, |chunk| meter.push(chunk));
        }
        meter.finish()
    }

    #[test]
    fn every_zoom_holds_the_extremes_of_its_pixels() {
        let planes = [white(44_100, 1.0, 0.9, 1), white(44_100, 1.0, 0.3, 2)];
        let found = peaks(&planes, 4_096);
        assert_eq!(found, peaks(&planes, 1_000));
        let sizes: Vec<u32> = found
            .zooms
            .iter()
            .map(|zoom| zoom.samples_per_pixel)
            .collect();
        assert_eq!(sizes, [256, 1_024, 4_096, 16_384]);
        for zoom in &found.zooms {
            let size = zoom.samples_per_pixel as usize;
            assert_eq!(zoom.values.len(), 44_100_usize.div_ceil(size) * 4);
            for (channel, plane) in planes.iter().enumerate() {
                for (pixel, samples) in plane.chunks(size).enumerate() {
                    let lowest = samples.iter().copied().fold(f32::MAX, f32::min);
                    let highest = samples.iter().copied().fold(f32::MIN, f32::max);
                    let at = pixel * 4 + channel * 2;
                    assert_eq!(zoom.values[at..at + 2], [sixteen(lowest), sixteen(highest)]);
                }
            }
        }
    }

    #[test]
    fn the_file_is_laid_out_as_documented() {
        let found = peaks(&[vec![-1.0, 0.5, 0.25]], 3);
        let zoom = found.zooms.first().unwrap();
        let bytes = found.dat(zoom, PeakBits::Eight);
        let fields: Vec<u32> = bytes[..24]
            .chunks(4)
            .map(|field| u32::from_le_bytes(field.try_into().unwrap()))
            .collect();
        assert_eq!(fields, [2, 1, 44_100, 256, 1, 1]);
        assert_eq!(bytes[24..], [(-128_i8).cast_unsigned(), 64]);
        let bytes = found.dat(zoom, PeakBits::Sixteen);
        assert_eq!(bytes[4..8], [0; 4]);
        assert_eq!(bytes[24..], [0x00, 0x80, 0x00, 0x40]);
        let json = found.json(zoom, PeakBits::Eight);
        assert_eq!(json["data"], json!([-128, 64]));
        assert_eq!((&json["length"], &json["bits"]), (&json!(1), &json!(8)));
        assert_eq!(found.dat_files().len(), ZOOMS);
    }

    #[test]
    fn a_long_track_gets_coarser_and_loses_no_peak() {
        let mut meter = PeaksMeter::new(8_000, 1);
        let mut chunks = Chunks::new();
        let mut block = vec![vec![0.1_f32; 1 << 20]];
        for index in 0..300 {
            block[0][77] = if index == 123 { 0.9 } else { 0.1 };
            chunks.each(&block, |chunk| meter.push(chunk));
        }
        assert!(meter.values.len() <= MOST_VALUES);
        let found = meter.finish();
        let zoom = found.zooms.first().unwrap();
        assert_eq!(zoom.samples_per_pixel, 512);
        let frames = 300_usize << 20;
        assert_eq!(zoom.values.len(), frames / 512 * 2);
        let at = zoom.values.iter().position(|value| *value == sixteen(0.9));
        assert_eq!(at, Some((123 << 20) / 512 * 2 + 1));
    }

    #[test]
    fn nothing_has_no_pixels() {
        let found = peaks(&[vec![]], 1);
        assert!(found.zooms.iter().all(|zoom| zoom.values.is_empty()));
        assert_eq!(found.dat_files().first().unwrap().1.len(), 24);
    }
}
