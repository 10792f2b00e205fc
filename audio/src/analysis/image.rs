//! The stereo image: width, correlation over time, mono, a dead channel, balance.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::chunk::Chunk;
use super::span::{Span, join};

/// The stereo image of a track with two channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Energy of side (L - R) to mid (L + R) in dB, between -120 and 120; `None` for silence.
    pub width_db: Option<f64>,
    /// Correlation of left and right over the whole track, -1 to 1; `None` unless both sound.
    pub correlation: Option<f64>,
    /// The lowest correlation of windows of three seconds (or of the whole track when that is
    /// shorter) in which both channels are over -60 dBFS (RMS).
    pub lowest_correlation: Option<f64>,
    /// Where such windows correlate below -0.2: played in mono, much is lost there. At most
    /// the first 1000 passages.
    pub cancelling: Vec<Span>,
    /// Left level less right level in dB, between -120 and 120; `None` for silence.
    pub balance_db: Option<f64>,
    /// Whether both channels carry the same sound.
    pub mono: Option<Mono>,
    /// The channel that carries nothing while the other does: 0 for left, 1 for right.
    pub dead_channel: Option<usize>,
}

/// How alike both channels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mono {
    /// Bit for bit the same.
    Exact,
    /// The difference is at least 50 dB under the sum: what coding or dither leaves of mono.
    Near,
}

/// Below this a window cancels.
pub const CANCELLING_BELOW: f64 = -0.2;
const NEAR_MONO_DB: f64 = -50.0;
const WINDOW_SECONDS: f64 = 3.0;
/// Windows begin this often in one of their lengths.
const PIECES: usize = 6;
/// -60 dBFS.
const AUDIBLE_POWER: f64 = 1.0e-6;
/// A dead channel lies this far under the other one.
const DEAD_DB: f64 = 60.0;
const MOST_PASSAGES: usize = 1_000;
const LIMIT_DB: f64 = 120.0;

/// Energies of left, right, and their difference.
#[derive(Debug, Clone, Copy, Default)]
struct Energies {
    left: f64,
    right: f64,
    side: f64,
    left_sum: f64,
    right_sum: f64,
    frames: u64,
}

impl Energies {
    fn add(&mut self, other: &Self) {
        self.left += other.left;
        self.right += other.right;
        self.side += other.side;
        self.left_sum += other.left_sum;
        self.right_sum += other.right_sum;
        self.frames += other.frames;
    }

    /// |L - R|² = |L|² + |R|² - 2 LR.
    fn product(&self) -> f64 {
        (self.left + self.right - self.side) / 2.0
    }

    fn correlation(&self) -> Option<f64> {
        let energy = (self.left * self.right).sqrt();
        (energy > 0.0).then(|| (self.product() / energy).clamp(-1.0, 1.0))
    }

    fn is_audible(&self) -> bool {
        self.left.min(self.right) > AUDIBLE_POWER * self.frames.max(1) as f64
    }

    fn mid(&self) -> f64 {
        (self.left + self.right + 2.0 * self.product()).max(0.0)
    }

    /// Energies without the means: a channel that only has an offset is dead.
    fn moving(&self) -> (f64, f64) {
        let frames = self.frames.max(1) as f64;
        let without = |squares: f64, sum: f64| (squares - sum * sum / frames).max(0.0);
        (
            without(self.left, self.left_sum),
            without(self.right, self.right_sum),
        )
    }
}

/// A ratio of energies in dB, bounded; `None` where neither is.
fn ratio_db(one: f64, other: f64) -> Option<f64> {
    (one + other > 0.0).then(|| (10.0 * (one / other).log10()).clamp(-LIMIT_DB, LIMIT_DB))
}

/// Measures the image as chunks go by.
pub(crate) struct ImageMeter {
    sample_rate_hz: f64,
    piece_frames: u64,
    whole: Energies,
    /// The latest pieces, each with its first frame.
    pieces: VecDeque<(u64, Energies)>,
    piece: Energies,
    piece_start: u64,
    most_apart: f32,
    lowest: Option<f64>,
    cancelling: Vec<Span>,
}

impl ImageMeter {
    pub(crate) fn new(sample_rate_hz: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive and small"
        )]
        let piece_frames = (sample_rate_hz * WINDOW_SECONDS / PIECES as f64) as u64;
        Self {
            sample_rate_hz,
            piece_frames,
            whole: Energies::default(),
            pieces: VecDeque::with_capacity(PIECES),
            piece: Energies::default(),
            piece_start: 0,
            most_apart: 0.0,
            lowest: None,
            cancelling: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, chunk: &Chunk<'_>) {
        let ([left, right], Some(apart)) = (chunk.levels, chunk.apart) else {
            return;
        };
        self.most_apart = self.most_apart.max(apart.most);
        self.piece.add(&Energies {
            left: f64::from(left.squares),
            right: f64::from(right.squares),
            side: f64::from(apart.squares),
            left_sum: f64::from(left.sum),
            right_sum: f64::from(right.sum),
            frames: chunk.frames,
        });
        if self.piece.frames >= self.piece_frames && chunk.ends_cell() {
            self.close_piece();
            if self.pieces.len() == PIECES {
                self.look();
            }
        }
    }

    fn close_piece(&mut self) {
        let piece = std::mem::take(&mut self.piece);
        self.whole.add(&piece);
        if self.pieces.len() == PIECES {
            self.pieces.pop_front();
        }
        self.pieces.push_back((self.piece_start, piece));
        self.piece_start += piece.frames;
    }

    /// Judges the window that the latest pieces make.
    fn look(&mut self) {
        let mut window = Energies::default();
        for (_, piece) in &self.pieces {
            window.add(piece);
        }
        let (Some((start, _)), Some(correlation)) = (self.pieces.front(), window.correlation())
        else {
            return;
        };
        if !window.is_audible() {
            return;
        }
        self.lowest = Some(self.lowest.map_or(correlation, |low| low.min(correlation)));
        if correlation < CANCELLING_BELOW && self.cancelling.len() < MOST_PASSAGES {
            let span = Span::of_frames(*start, start + window.frames, self.sample_rate_hz);
            join(&mut self.cancelling, span, 0.0);
        }
    }

    pub(crate) fn finish(mut self) -> Image {
        let looked = self.pieces.len() == PIECES;
        if self.piece.frames > 0 {
            self.close_piece();
        }
        // A last, shorter piece makes a window with those before it, or all of a short track.
        if !looked || self.pieces.len() == PIECES {
            self.look();
        }
        let whole = &self.whole;
        let energy = whole.left + whole.right;
        let (left, right) = whole.moving();
        let width_db = ratio_db(whole.side, whole.mid());
        let balance_db = ratio_db(left, right);
        Image {
            width_db,
            correlation: whole.correlation(),
            lowest_correlation: self.lowest,
            cancelling: self.cancelling,
            balance_db,
            mono: if energy > 0.0 && self.most_apart == 0.0 {
                Some(Mono::Exact)
            } else {
                width_db
                    .is_some_and(|width| width <= NEAR_MONO_DB)
                    .then_some(Mono::Near)
            },
            dead_channel: balance_db
                .filter(|balance| balance.abs() >= DEAD_DB)
                .map(|balance| usize::from(balance > 0.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Chunks;
    use super::super::signals::{quantised, sine, white};
    use super::*;

    fn image(left: Vec<f32>, right: Vec<f32>) -> Image {
        let mut meter = ImageMeter::new(44_100.0);
        Chunks::new().each(&[left, right], |chunk| meter.push(chunk));
        meter.finish()
    }

    fn scaled(plane: &[f32], by: f32) -> Vec<f32> {
        plane.iter().map(|x| x * by).collect()
    }

    #[test]
    fn width_and_balance_are_ratios_of_energies() {
        let mid = white(44_100, 5.0, 0.4, 1);
        let side = white(44_100, 5.0, 0.04, 2);
        let left: Vec<f32> = mid.iter().zip(&side).map(|(m, s)| m + s).collect();
        let right: Vec<f32> = mid.iter().zip(&side).map(|(m, s)| m - s).collect();
        let found = image(left.clone(), right.clone());
        assert!((found.width_db.unwrap() + 20.0).abs() < 0.1);
        assert!(found.balance_db.unwrap().abs() < 0.1);
        assert_eq!((found.mono, found.dead_channel), (None, None));
        let found = image(left, scaled(&right, 0.5));
        assert!((found.balance_db.unwrap() - 6.02).abs() < 0.1);
    }

    #[test]
    fn a_passage_in_opposite_phase_is_found_in_its_place() {
        let left = white(44_100, 30.0, 0.3, 5);
        let mut right = left.clone();
        let (from, to) = (10 * 44_100, 16 * 44_100);
        for sample in &mut right[from..to] {
            *sample = -*sample;
        }
        let found = image(left, right);
        assert!((found.lowest_correlation.unwrap() + 1.0).abs() < 0.01);
        assert!(found.correlation.unwrap() > 0.5);
        let [span] = found.cancelling.as_slice() else {
            panic!("one passage: {:?}", found.cancelling);
        };
        // A window that is mostly cancelled reaches at most half its length beyond.
        assert!((span.start_seconds - 10.0).abs() < 1.6, "{span:?}");
        assert!((span.end_seconds - 16.0).abs() < 1.6, "{span:?}");
    }

    #[test]
    fn mono_is_told_from_nearly_mono_and_from_stereo() {
        let plane = sine(44_100, 1.0, 440.0, 0.5);
        let same = image(plane.clone(), plane.clone());
        assert_eq!(same.mono, Some(Mono::Exact));
        assert_eq!(same.width_db, Some(-120.0));
        let near = image(plane.clone(), quantised(&plane, 16));
        assert_eq!(near.mono, Some(Mono::Near));
        let wide = image(plane.clone(), scaled(&plane, 0.9));
        assert_eq!(wide.mono, None);
    }

    #[test]
    fn a_channel_without_sound_is_dead_even_with_an_offset() {
        let plane = sine(44_100, 1.0, 440.0, 0.5);
        let silent = vec![0.0; plane.len()];
        let found = image(plane.clone(), silent.clone());
        assert_eq!(found.dead_channel, Some(1));
        assert_eq!((found.mono, found.correlation), (None, None));
        assert_eq!(image(vec![0.01; plane.len()], plane).dead_channel, Some(0));
        let nothing = image(silent.clone(), silent);
        assert_eq!(nothing.dead_channel, None);
        assert_eq!((nothing.width_db, nothing.mono), (None, None));
        assert_eq!(nothing.balance_db, None);
    }

    #[test]
    fn a_short_track_is_one_window() {
        let plane = white(44_100, 0.1, 0.5, 9);
        let found = image(plane.clone(), scaled(&plane, -1.0));
        assert!((found.lowest_correlation.unwrap() + 1.0).abs() < 1e-3);
        let [span] = found.cancelling.as_slice() else {
            panic!("one passage: {:?}", found.cancelling);
        };
        assert!((span.seconds() - 0.1).abs() < 1e-9);
        assert_eq!(image(vec![0.5], vec![0.5]).mono, Some(Mono::Exact));
    }
}
