//! Tempo, from how onsets repeat.
//!
//! The onset strength is the rise of the level (fourth root of power) in bands, summed. Over
//! windows of about 24 s it gives a mean autocorrelation, which peaks at every multiple of the
//! beat, and a mean spectrum, which peaks at every multiple of the tempo; only the beat itself
//! stands out in both (after G. Peeters, "Template-based estimation of time-varying tempo",
//! EURASIP J. Adv. Signal Process., 2007). A log-normal prior around 110 BPM decides between
//! octaves, and many multiples of the beat together give the fine value.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use serde::{Deserialize, Serialize};

use super::transform::Transform;

/// The tempo of a track.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tempo {
    /// Beats per minute, 40 to 220, to 0.1. Songs slower than about 70 often read as double.
    pub bpm: f64,
    /// 0 to 1: how much of the onsets repeats with the beat. Under 0.3 there is hardly one.
    pub confidence: f64,
    /// The tempo that fits next best, mostly half or double: listeners differ too.
    pub other_bpm: Option<f64>,
}

/// Onset values in a second, about.
const PACE_HZ: f64 = 86.0;
const SIZE: usize = 256;
/// Upper edges of the bands, in bins.
const EDGES: [usize; 13] = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
/// Onset values of a window.
const WINDOW: usize = 2_048;
const PADDED: usize = 2 * WINDOW;
const FEWEST_SECONDS: f64 = 4.0;
const SLOWEST_BPM: f64 = 40.0;
const FASTEST_BPM: f64 = 220.0;
const CENTRE_BPM: f64 = 110.0;
/// Width of the prior in octaves.
const PRIOR_OCTAVES: f64 = 0.7;

/// Collects onsets as the slow mix goes by.
pub(crate) struct TempoMeter {
    transform: Transform,
    pace_hz: f64,
    before: [[f32; EDGES.len()]; 2],
    repeats: Repeats,
    seconds: f64,
}

impl TempoMeter {
    pub(crate) fn new(slow_rate_hz: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "about 100 to 190"
        )]
        let hop = (slow_rate_hz / PACE_HZ).round() as usize;
        Self {
            transform: Transform::new(SIZE, hop),
            pace_hz: slow_rate_hz / hop as f64,
            before: [[f32::MAX; EDGES.len()]; 2],
            repeats: Repeats::new(),
            seconds: 0.0,
        }
    }

    pub(crate) fn push(&mut self, slow: &[f32]) {
        let (before, repeats) = (&mut self.before, &mut self.repeats);
        let (seconds, pace) = (&mut self.seconds, self.pace_hz);
        self.transform.push(slow, |power| {
            let now = levels(power);
            let [last, earlier] = *before;
            // Against the lower of both values before, so that a slow rise counts too.
            let rise: f32 = now
                .iter()
                .zip(last.iter().zip(&earlier))
                .map(|(now, (last, earlier))| (now - last.min(*earlier)).max(0.0))
                .sum();
            repeats.push(rise);
            *before = [now, last];
            *seconds += 1.0 / pace;
        });
    }

    pub(crate) fn finish(mut self) -> Option<Tempo> {
        if self.seconds < FEWEST_SECONDS {
            return None;
        }
        self.repeats.end();
        self.repeats.tempo(self.pace_hz)
    }
}

/// The level of each band.
fn levels(power: &[f32]) -> [f32; EDGES.len()] {
    let mut from = 1;
    EDGES.map(|to| {
        let sum: f32 = power.get(from..to).unwrap_or_default().iter().sum();
        from = to;
        sum.sqrt().sqrt()
    })
}

/// The mean autocorrelation and spectrum of the onset strength.
struct Repeats {
    transform: Arc<dyn RealToComplex<f32>>,
    held: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    /// Power spectrum of padded windows without and with a Hann window: the first turns into
    /// the autocorrelation.
    plain: Vec<f64>,
    smooth: Vec<f64>,
    /// How many products each lag's sum has.
    length: f64,
    windows: f64,
}

impl Repeats {
    fn new() -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(PADDED);
        Self {
            held: Vec::with_capacity(WINDOW),
            input: transform.make_input_vec(),
            output: transform.make_output_vec(),
            plain: vec![0.0; PADDED / 2 + 1],
            smooth: vec![0.0; PADDED / 2 + 1],
            transform,
            length: WINDOW as f64,
            windows: 0.0,
        }
    }

    fn push(&mut self, rise: f32) {
        self.held.push(rise);
        if self.held.len() == WINDOW {
            self.add_window();
            self.held.drain(..WINDOW / 2);
        }
    }

    /// Counts what is left only when there is nothing else.
    fn end(&mut self) {
        if self.windows == 0.0 {
            self.length = self.held.len() as f64;
            self.add_window();
        }
    }

    fn add_window(&mut self) {
        let length = self.held.len();
        let mean = self.held.iter().sum::<f32>() / length.max(1) as f32;
        let energy: f32 = self.held.iter().map(|rise| (rise - mean).powi(2)).sum();
        if energy <= 0.0 {
            return;
        }
        // Each window counts alike, however loud.
        let scale = 1.0 / energy.sqrt();
        for hann in [false, true] {
            self.input.fill(0.0);
            for (index, (input, rise)) in self.input.iter_mut().zip(&self.held).enumerate() {
                let phase = std::f32::consts::TAU * index as f32 / length as f32;
                let weight = if hann { 0.5 - 0.5 * phase.cos() } else { 1.0 };
                *input = (rise - mean) * scale * weight;
            }
            let done = self.transform.process(&mut self.input, &mut self.output);
            debug_assert!(done.is_ok(), "the buffers come from the transform itself");
            let sums = if hann {
                &mut self.smooth
            } else {
                &mut self.plain
            };
            for (sum, bin) in sums.iter_mut().zip(&self.output) {
                *sum += f64::from(bin.norm_sqr());
            }
        }
        self.windows += 1.0;
    }

    /// Autocorrelation by lag, 1 at lag 0, without the bias of fewer products at longer lags.
    fn autocorrelation(&self) -> Vec<f64> {
        let inverse = RealFftPlanner::<f64>::new().plan_fft_inverse(PADDED);
        let mut spectrum: Vec<Complex<f64>> = self
            .plain
            .iter()
            .map(|power| Complex::new(*power, 0.0))
            .collect();
        let mut lags = inverse.make_output_vec();
        let done = inverse.process(&mut spectrum, &mut lags);
        debug_assert!(done.is_ok(), "the buffers come from the transform itself");
        let zero = lags.first().copied().unwrap_or(0.0).max(f64::MIN_POSITIVE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most half a window"
        )]
        lags.truncate((self.length * 0.67) as usize);
        lags.iter()
            .enumerate()
            .map(|(lag, sum)| sum / zero * self.length / (self.length - lag as f64))
            .collect()
    }

    fn tempo(&self, pace_hz: f64) -> Option<Tempo> {
        if self.windows == 0.0 {
            return None;
        }
        let comb = Comb {
            lags: self.autocorrelation(),
            spectrum: &self.smooth,
            pace_hz,
        };
        let strongest = self.smooth.iter().copied().fold(0.0, f64::max);
        let mut peaks = comb.peaks(strongest);
        peaks.sort_by(|one, other| other.1.total_cmp(&one.1));
        let (coarse, _) = *peaks.first()?;
        let bpm = comb.refine(coarse);
        let other = peaks.iter().skip(1).map(|(bpm, _)| *bpm);
        Some(Tempo {
            bpm: (bpm * 10.0).round() / 10.0,
            confidence: (comb.strength(bpm, 4) * 1.6).clamp(0.0, 1.0),
            other_bpm: other
                .map(|bpm| (comb.refine(bpm) * 10.0).round() / 10.0)
                .find(|other| (other / bpm).log2().abs() > 0.1),
        })
    }
}

/// Looks tempi up in autocorrelation and spectrum.
struct Comb<'a> {
    lags: Vec<f64>,
    spectrum: &'a [f64],
    pace_hz: f64,
}

impl Comb<'_> {
    /// The value between two places.
    fn between(values: &[f64], at: f64) -> Option<f64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "places are positive and few"
        )]
        let (index, share) = (at as usize, at.fract());
        let before = values.get(index.saturating_sub(1))?;
        let (low, high) = (values.get(index)?, values.get(index + 1)?);
        let after = values.get(index + 2)?;
        // A cubic through both (Catmull-Rom): a straight line would pull peaks to whole places.
        let slope = (high - before) / 2.0;
        let next_slope = (after - low) / 2.0;
        let rise = high - low;
        let square = 3.0 * rise - 2.0 * slope - next_slope;
        let cube = slope + next_slope - 2.0 * rise;
        Some(low + share * (slope + share * (square + share * cube)))
    }

    /// Mean autocorrelation at so many multiples of the beat, as far as they were measured.
    fn strength(&self, bpm: f64, multiples: u32) -> f64 {
        let beat = 60.0 * self.pace_hz / bpm;
        let values: Vec<f64> = (1..=multiples)
            .map_while(|multiple| Self::between(&self.lags, beat * f64::from(multiple)))
            .collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    }

    fn score(&self, bpm: f64, strongest: f64) -> f64 {
        let bin = bpm / 60.0 / self.pace_hz * PADDED as f64;
        let power = Self::between(self.spectrum, bin).unwrap_or(0.0) / strongest;
        let octaves = (bpm / CENTRE_BPM).log2() / PRIOR_OCTAVES;
        let prior = (-0.5 * octaves * octaves).exp();
        self.strength(bpm, 4).max(0.0) * power.sqrt().sqrt() * prior
    }

    /// Tempi that score higher than those beside them, with their scores.
    fn peaks(&self, strongest: f64) -> Vec<(f64, f64)> {
        const STEPS_PER_OCTAVE: f64 = 240.0;
        let octaves = (FASTEST_BPM / SLOWEST_BPM).log2();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundreds of steps"
        )]
        let last = (octaves * STEPS_PER_OCTAVE) as u32;
        let scores: Vec<(f64, f64)> = (0..=last)
            .map(|step| SLOWEST_BPM * (f64::from(step) / STEPS_PER_OCTAVE).exp2())
            .map(|bpm| (bpm, self.score(bpm, strongest)))
            .collect();
        scores
            .array_windows::<3>()
            .filter(|[before, peak, after]| peak.1 > before.1 && peak.1 >= after.1)
            .map(|[_, peak, _]| *peak)
            .collect()
    }

    /// The tempo within 2 % at which all measured multiples fit best.
    fn refine(&self, coarse: f64) -> f64 {
        let mut best = coarse;
        // More multiples see finer; fewer first, so that they do not catch on a wrong one.
        for (multiples, reach) in [(4, 0.02), (16, 0.006), (64, 0.002)] {
            let middle = best;
            let mut highest = f64::MIN;
            for step in -50..=50 {
                let bpm = middle * (1.0 + reach * f64::from(step) / 50.0);
                let strength = self.strength(bpm, multiples);
                if strength > highest {
                    highest = strength;
                    best = bpm;
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::super::signals::{decaying, frames, sine, white};
    use super::*;

    const RATE: u32 = 11_025;

    /// Kick on one and three, snare on two and four, hats on every half beat.
    fn drums(bpm: f64, seconds: f64) -> Vec<f32> {
        let kick = decaying(RATE, &sine(RATE, 0.3, 60.0, 0.8), 0.1);
        let snare = decaying(RATE, &white(RATE, 0.3, 0.5, 2), 0.06);
        let hat = decaying(RATE, &white(RATE, 0.1, 0.1, 3), 0.02);
        let mut plane = white(RATE, seconds, 0.002, 1);
        let mut hit = |at: f64, sound: &[f32]| {
            for (sum, sample) in plane.iter_mut().skip(frames(RATE, at)).zip(sound) {
                *sum += sample;
            }
        };
        let half_beat = 30.0 / bpm;
        for half in 0..10_000 {
            let at = f64::from(half) * half_beat;
            if at > seconds {
                break;
            }
            hit(at, &hat);
            match half % 4 {
                0 => hit(at, &kick),
                2 => hit(at, &snare),
                _ => {}
            }
        }
        plane
    }

    fn tempo(rate: f64, plane: &[f32]) -> Option<Tempo> {
        let mut meter = TempoMeter::new(rate);
        for block in plane.chunks(1_024) {
            meter.push(block);
        }
        meter.finish()
    }

    #[test]
    fn tempi_are_found_to_a_tenth() {
        for bpm in [82.3, 88.0, 96.7, 101.1, 120.0, 127.9, 140.4, 155.5, 174.0] {
            let found = tempo(f64::from(RATE), &drums(bpm, 40.0)).unwrap();
            assert!((found.bpm - bpm).abs() < 0.11, "{bpm}: {found:?}");
            assert!(found.confidence > 0.5, "{bpm}: {found:?}");
        }
    }

    #[test]
    fn a_few_bars_suffice() {
        let found = tempo(f64::from(RATE), &drums(110.0, 9.0)).unwrap();
        assert!((found.bpm - 110.0).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn noise_has_no_sure_tempo_and_silence_none() {
        let found = tempo(f64::from(RATE), &white(RATE, 60.0, 0.5, 4)).unwrap();
        assert!(found.confidence < 0.3, "{found:?}");
        assert_eq!(tempo(f64::from(RATE), &vec![0.0; RATE as usize * 10]), None);
        assert_eq!(tempo(f64::from(RATE), &drums(120.0, 1.0)), None);
        assert_eq!(tempo(8_000.0, &[0.5]), None);
    }
}
