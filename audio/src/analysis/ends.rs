//! Silence at both ends and inside, and the noise floor.
//!
//! Silent is what stays at or under -70 dBFS (sample peak) on every channel: clearly above the
//! dither of 16 bits, and the level under which BS.1770-5 hears nothing.
//!
//! The noise floor is the level that 5 % of all windows of about 50 ms stay under: RMS over all
//! channels, without the mean of each, in dBFS where a full-scale sine is -3. Windows under
//! -120 dBFS count as digital silence and are left out, so a gap of zeros does not hide the
//! noise of the recording.

use serde::{Deserialize, Serialize};

use super::chunk::Chunk;
use super::span::Span;

/// Samples up to this are silent, in dBFS.
pub const SILENCE_DBFS: f64 = -70.0;
const SILENCE: f32 = 3.162_277_7e-4;
/// Silences inside the track count from this length on.
const SHORTEST_GAP_SECONDS: f64 = 2.0;
/// Silences inside that are kept.
const MOST_GAPS: usize = 1_000;

/// Silence and noise of one track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ends {
    /// Seconds before the first sample over -70 dBFS; the whole length where there is none.
    pub silent_start_seconds: f64,
    /// Seconds after the last sample over -70 dBFS; the whole length where there is none.
    pub silent_end_seconds: f64,
    /// Silences of more than two seconds between sounds, at most the first 1000.
    pub gaps: Vec<Span>,
    /// Noise floor in dBFS (RMS); `None` where there is nothing but digital silence, or less
    /// than one window.
    pub noise_floor_dbfs: Option<f64>,
}

/// Finds silence and the noise floor as chunks go by.
pub(crate) struct EndsMeter {
    sample_rate_hz: f64,
    first_loud: Option<u64>,
    /// Frame after the last loud one.
    loud_end: u64,
    frames: u64,
    gaps: Vec<Span>,
    floor: Floor,
}

impl EndsMeter {
    pub(crate) fn new(sample_rate_hz: f64, channels: usize) -> Self {
        Self {
            sample_rate_hz,
            first_loud: None,
            loud_end: 0,
            frames: 0,
            gaps: Vec::new(),
            floor: Floor::new(sample_rate_hz, channels),
        }
    }

    pub(crate) fn push(&mut self, chunk: &Chunk<'_>) {
        self.frames = chunk.end();
        self.floor.push(chunk);
        if chunk.peak() <= SILENCE {
            return;
        }
        let after_silence = self.first_loud.is_none() || self.loud_end < chunk.start;
        if after_silence {
            let first = chunk.start + first_loud(chunk);
            match self.first_loud {
                None => self.first_loud = Some(first),
                Some(_) => self.close_gap(first),
            }
        }
        self.loud_end = chunk.end() - silent_tail(chunk);
    }

    fn close_gap(&mut self, end: u64) {
        let gap = Span::of_frames(self.loud_end, end, self.sample_rate_hz);
        if gap.seconds() > SHORTEST_GAP_SECONDS && self.gaps.len() < MOST_GAPS {
            self.gaps.push(gap);
        }
    }

    pub(crate) fn finish(self) -> Ends {
        let start = self.first_loud.unwrap_or(self.frames);
        Ends {
            silent_start_seconds: start as f64 / self.sample_rate_hz,
            silent_end_seconds: (self.frames - self.loud_end) as f64 / self.sample_rate_hz,
            gaps: self.gaps,
            noise_floor_dbfs: self.floor.finish(),
        }
    }
}

/// Frames of a chunk before the first that is loud on any channel.
fn first_loud(chunk: &Chunk<'_>) -> u64 {
    (0..chunk.levels.len())
        .filter_map(|channel| {
            let mut samples = chunk.samples(channel).iter();
            samples.position(|sample| sample.abs() > SILENCE)
        })
        .min()
        .unwrap_or(0) as u64
}

/// Frames of a chunk after the last that is loud on any channel.
fn silent_tail(chunk: &Chunk<'_>) -> u64 {
    (0..chunk.levels.len())
        .filter_map(|channel| {
            let mut samples = chunk.samples(channel).iter().rev();
            samples.position(|sample| sample.abs() > SILENCE)
        })
        .min()
        .unwrap_or(0) as u64
}

/// A histogram of the levels of short windows.
struct Floor {
    window_frames: u64,
    frames: u64,
    /// Sum and squares of each channel.
    sums: Vec<(f64, f64)>,
    /// Windows in steps of 0.1 dB up from -120 dBFS.
    counts: Vec<u64>,
}

const FLOOR_SHARE: f64 = 0.05;
const LOWEST_DBFS: f64 = -120.0;
const STEPS_PER_DB: f64 = 10.0;
/// Up to +30 dBFS.
const STEPS: usize = 1_500;

impl Floor {
    fn new(sample_rate_hz: f64, channels: usize) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive and small"
        )]
        let window_frames = (sample_rate_hz * 0.05) as u64;
        Self {
            window_frames: window_frames.max(1),
            frames: 0,
            sums: vec![(0.0, 0.0); channels],
            counts: vec![0; STEPS],
        }
    }

    fn push(&mut self, chunk: &Chunk<'_>) {
        for ((sum, squares), levels) in self.sums.iter_mut().zip(chunk.levels) {
            *sum += f64::from(levels.sum);
            *squares += f64::from(levels.squares);
        }
        self.frames += chunk.frames;
        if self.frames >= self.window_frames && chunk.ends_cell() {
            self.close_window();
        }
    }

    fn close_window(&mut self) {
        let frames = self.frames as f64;
        let power: f64 = self
            .sums
            .iter()
            .map(|(sum, squares)| (squares / frames - (sum / frames).powi(2)).max(0.0))
            .sum();
        let level = 10.0 * (power / self.sums.len().max(1) as f64).log10();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float turns into an integer saturating, and below 0 is sorted out"
        )]
        if level >= LOWEST_DBFS {
            let step = ((level - LOWEST_DBFS) * STEPS_PER_DB) as usize;
            if let Some(count) = self.counts.get_mut(step.min(STEPS - 1)) {
                *count += 1;
            }
        }
        self.frames = 0;
        self.sums.fill((0.0, 0.0));
    }

    fn finish(self) -> Option<f64> {
        let windows: u64 = self.counts.iter().sum();
        let wanted = windows as f64 * FLOOR_SHARE;
        let mut seen = 0;
        let step = self.counts.iter().position(|count| {
            seen += count;
            seen > 0 && seen as f64 >= wanted
        })?;
        Some(LOWEST_DBFS + (step as f64 + 0.5) / STEPS_PER_DB)
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Chunks;
    use super::super::signals::{sine, white};
    use super::*;

    fn ends(rate: u32, planes: &[Vec<f32>]) -> Ends {
        let mut meter = EndsMeter::new(f64::from(rate), planes.len());
        Chunks::new().each(planes, |chunk| meter.push(chunk));
        meter.finish()
    }

    fn with_silence(rate: u32, pieces: &[(f64, f64)]) -> Vec<f32> {
        let mut plane = Vec::new();
        for (seconds, level) in pieces {
            plane.extend(white(rate, *seconds, *level, plane.len() as u64));
        }
        plane
    }

    #[test]
    fn silences_are_found_to_the_sample() {
        for rate in [8_000, 44_100, 192_000] {
            let mut plane = vec![0.0; 12_345];
            plane.push(0.5);
            plane.extend(vec![0.000_3; rate as usize * 3]);
            plane.push(-0.5);
            plane.extend(vec![0.0; rate as usize]);
            plane.push(0.000_4);
            plane.extend(vec![0.0; 777]);
            let found = ends(rate, &[vec![0.0; plane.len()], plane]);
            let rate_hz = f64::from(rate);
            assert!((found.silent_start_seconds - 12_345.0 / rate_hz).abs() < 1e-9);
            assert!((found.silent_end_seconds - 777.0 / rate_hz).abs() < 1e-9);
            let [gap] = found.gaps.as_slice() else {
                panic!("one gap of more than two seconds: {:?}", found.gaps);
            };
            assert!((gap.start_seconds - 12_346.0 / rate_hz).abs() < 1e-9);
            assert!((gap.seconds() - 3.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_floor_is_that_of_the_pauses_and_not_of_digital_silence() {
        // White noise of amplitude a has an RMS of a / sqrt(3).
        let plane = with_silence(
            44_100,
            &[(2.0, 0.0), (5.0, 0.5), (1.0, 0.001), (5.0, 0.5), (2.0, 0.0)],
        );
        let floor = ends(44_100, &[plane]).noise_floor_dbfs.unwrap();
        let expected = 20.0 * (0.001_f64 / 3.0_f64.sqrt()).log10();
        assert!((floor - expected).abs() < 1.0, "{floor} {expected}");
    }

    #[test]
    fn an_offset_is_not_noise() {
        let noisy = white(48_000, 3.0, 0.001, 3);
        let shifted: Vec<f32> = noisy.iter().map(|x| x + 0.05).collect();
        let here = ends(48_000, &[noisy]).noise_floor_dbfs.unwrap();
        let there = ends(48_000, &[shifted]).noise_floor_dbfs.unwrap();
        assert!((here - there).abs() < 0.3, "{here} {there}");
    }

    #[test]
    fn silence_has_no_floor_and_is_silent_from_both_ends() {
        let found = ends(44_100, &[vec![0.0; 44_100]]);
        assert_eq!(found.noise_floor_dbfs, None);
        assert!((found.silent_start_seconds - 1.0).abs() < 1e-9);
        assert!((found.silent_end_seconds - 1.0).abs() < 1e-9);
        assert!(found.gaps.is_empty());
        assert_eq!(ends(44_100, &[vec![0.9]]).noise_floor_dbfs, None);
        assert_eq!(ends(44_100, &[]).noise_floor_dbfs, None);
    }

    #[test]
    fn a_short_sound_has_no_silent_ends() {
        let found = ends(44_100, &[sine(44_100, 0.1, 441.0, 0.5)]);
        assert!(found.silent_start_seconds < 0.001 && found.silent_end_seconds < 0.001);
    }
}
