//! Gentle wide-band compression, linked over the channels and bounded.

use crate::meter::amplitude;

/// How it is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Compression {
    /// Level in dBFS (RMS over the channels) above which it acts.
    pub threshold_db: f64,
    /// Input decibels for one output decibel.
    pub ratio: f64,
    /// Most it takes away, in decibels.
    pub most_db: f64,
}

const ATTACK_SECONDS: f64 = 0.020;
const RELEASE_SECONDS: f64 = 0.200;
const KNEE_DB: f64 = 6.0;
/// The gain is computed once for so many frames and drawn as a line between.
const STEP: usize = 32;

/// Compresses as blocks go by.
#[derive(Debug)]
pub(crate) struct Compressor {
    settings: Compression,
    channels: usize,
    power: f64,
    attack: f64,
    release: f64,
    gain: f64,
    /// Sum of squares and count of the step at hand.
    most_db: f64,
    sum_db: f64,
    steps: f64,
}

impl Compressor {
    pub(crate) fn new(settings: Compression, sample_rate_hz: u32, channels: usize) -> Self {
        let steps_per_second = f64::from(sample_rate_hz) / STEP as f64;
        let coefficient = |seconds: f64| 1.0 - (-1.0 / (seconds * steps_per_second)).exp();
        Self {
            settings,
            channels,
            power: 0.0,
            attack: coefficient(ATTACK_SECONDS),
            release: coefficient(RELEASE_SECONDS),
            gain: 1.0,
            most_db: 0.0,
            sum_db: 0.0,
            steps: 0.0,
        }
    }

    /// Changes interleaved samples in place. Blocks must be whole steps, except the last one.
    pub(crate) fn process(&mut self, samples: &mut [f32]) {
        for step in samples.chunks_mut(STEP * self.channels) {
            let squares: f64 = step.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
            let now = squares / step.len() as f64;
            let speed = if now > self.power {
                self.attack
            } else {
                self.release
            };
            self.power += (now - self.power) * speed;
            let reduction_db = self.reduction_db();
            self.most_db = self.most_db.max(reduction_db);
            self.sum_db += reduction_db;
            self.steps += 1.0;
            let goal = amplitude(-reduction_db);
            let frames = (step.len() / self.channels).max(1) as f64;
            let slope = (goal - self.gain) / frames;
            for frame in step.chunks_mut(self.channels) {
                self.gain += slope;
                for sample in frame {
                    #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
                    {
                        *sample = (f64::from(*sample) * self.gain) as f32;
                    }
                }
            }
            self.gain = goal;
        }
    }

    /// Soft knee: from none to the full ratio over six decibels around the threshold.
    fn reduction_db(&self) -> f64 {
        let level_db = 10.0 * self.power.max(1e-20).log10();
        let over = level_db - self.settings.threshold_db;
        let slope = 1.0 - 1.0 / self.settings.ratio;
        let reduction = if over <= -KNEE_DB / 2.0 {
            0.0
        } else if over < KNEE_DB / 2.0 {
            let into = over + KNEE_DB / 2.0;
            slope * into * into / (2.0 * KNEE_DB)
        } else {
            slope * over
        };
        reduction.min(self.settings.most_db)
    }

    /// Deepest and mean reduction in decibels.
    pub(crate) fn reductions(&self) -> (f64, f64) {
        (self.most_db, self.sum_db / self.steps.max(1.0))
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;

    fn level_after(input_db: f64) -> f64 {
        let settings = Compression {
            threshold_db: -20.0,
            ratio: 2.0,
            most_db: 3.0,
        };
        let amplitude = 10.0_f64.powf(input_db / 20.0) as f32;
        let mut samples = vec![amplitude; 96_000];
        Compressor::new(settings, 48_000, 1).process(&mut samples);
        20.0 * f64::from(*samples.last().unwrap()).log10()
    }

    #[test]
    fn below_the_knee_nothing_changes() {
        assert!((level_after(-30.0) + 30.0).abs() < 1e-4);
    }

    #[test]
    fn above_the_knee_the_ratio_holds_up_to_the_bound() {
        assert!((level_after(-16.0) + 18.0).abs() < 0.05);
        assert!((level_after(-6.0) + 9.0).abs() < 0.05);
    }
}
