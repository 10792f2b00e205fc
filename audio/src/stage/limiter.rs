//! The look-ahead limiter's gain, decided once for every millisecond.
//!
//! The true peak of every tick says by how much the gain must be down at both ends of it. From
//! each such point the reduction fades exponentially to both sides, and the deepest fade wins
//! everywhere: the reduction is as small as it can be for how fast it may change. A gain that
//! is a straight line between the points is low enough at every sample, so the ceiling holds by
//! construction and not by chance. Look-ahead and release are the same curve, for a gain that
//! rises faster than it falls is heard no less. The gain is one for all channels, so the stereo
//! image stays, and where nothing is limited it is exactly 1.

use crate::kernel::higher;
use crate::meter::ticks::Grid;

/// Reductions below this (0.00001 dB) are none.
const NOTHING: f32 = 1.0e-6;
/// Half the window over which a slow gain is told from a fast one, in ticks: 20 ms in all.
const HALF_WINDOW: usize = 10;

/// The gain over a whole track, as reductions from 1 at the ticks' ends.
#[derive(Debug, Clone)]
pub(crate) struct Limiter {
    grid: Grid,
    /// One more than there are ticks.
    reductions: Vec<f32>,
}

impl Limiter {
    pub(crate) fn new(grid: Grid) -> Self {
        Self {
            grid,
            reductions: Vec::new(),
        }
    }

    /// Holds `peaks` (amplitudes, one a tick) under `threshold`; the reduction fades to a share
    /// of 1/e within `fade_ms` milliseconds.
    pub(crate) fn hold(&mut self, peaks: &[f32], threshold: f64, fade_ms: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        let (threshold, fade) = (threshold as f32, (-1.0 / fade_ms).exp() as f32);
        self.reductions.clear();
        self.reductions.extend(peaks.iter().map(|peak| {
            if *peak > threshold {
                1.0 - threshold / peak
            } else {
                0.0
            }
        }));
        self.reductions.push(0.0);
        let mut falling = Fade::new(fade);
        let mut before = 0.0_f32;
        for reduction in &mut self.reductions {
            let needed = *reduction;
            *reduction = falling.next(higher(needed, before));
            before = needed;
        }
        let mut rising = Fade::new(fade);
        for reduction in self.reductions.iter_mut().rev() {
            *reduction = rising.next(*reduction);
        }
    }

    /// The reductions at both ends of every tick.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = (f32, f32)> + '_ {
        self.reductions.windows(2).map(|ends| match ends {
            [from, to] => (*from, *to),
            _ => (0.0, 0.0),
        })
    }

    /// What is left of every tick's power: the mean of the squared gain.
    pub(crate) fn kept_power(&self) -> impl Iterator<Item = f64> + '_ {
        self.ticks().map(|(from, to)| {
            let (from, to) = (1.0 - f64::from(from), 1.0 - f64::from(to));
            (from * from + from * to + to * to) / 3.0
        })
    }

    /// How much of the sound the limiter makes anew: the part of the output that no gain can
    /// explain which moves within 20 ms, in dB of the whole, estimated from the ticks' powers.
    /// It is heard as distortion, where a slow gain is heard as a level.
    pub(crate) fn residual_db(&self, powers: &[f32]) -> f64 {
        let window: Vec<f64> = (0..=2 * HALF_WINDOW)
            .map(|n| {
                let phase = (n + 1) as f64 / (2 * HALF_WINDOW + 2) as f64;
                0.5 - 0.5 * (2.0 * std::f64::consts::PI * phase).cos()
            })
            .collect();
        let (mut made, mut whole) = (0.0, 0.0);
        for (tick, power) in powers.iter().enumerate() {
            let Some(&reduction) = self.reductions.get(tick) else {
                break;
            };
            let power = f64::from(*power);
            let kept = 1.0 - f64::from(reduction);
            whole += power * kept * kept;
            let from = tick.saturating_sub(HALF_WINDOW);
            let to = powers.len().min(tick + HALF_WINDOW + 1);
            let (Some(powers), Some(reductions)) =
                (powers.get(from..to), self.reductions.get(from..to))
            else {
                continue;
            };
            if reduction == 0.0 && reductions.iter().all(|reduction| *reduction == 0.0) {
                continue;
            }
            let window = window.iter().skip(from + HALF_WINDOW - tick);
            let (mut mean, mut weights) = (0.0, 0.0);
            for ((power, reduction), window) in powers.iter().zip(reductions).zip(window) {
                let weight = f64::from(*power) * window;
                mean += weight * f64::from(*reduction);
                weights += weight;
            }
            if weights > 0.0 {
                let off = f64::from(reduction) - mean / weights;
                made += power * off * off;
            }
        }
        if made > 0.0 && whole > 0.0 {
            10.0 * (made / whole).log10()
        } else {
            -200.0
        }
    }

    /// Applies the gain, behind a constant `gain`, to interleaved samples from a frame on.
    pub(crate) fn apply(&self, samples: &mut [f32], channels: usize, first: u64, gain: f64) {
        let mut rest = samples;
        let mut frame = first;
        let mut tick = self.grid.at(first);
        while !rest.is_empty() {
            let (start, end) = (self.grid.start(tick), self.grid.start(tick + 1));
            let frames = usize::try_from(end - frame).unwrap_or(usize::MAX);
            let taken = frames.saturating_mul(channels).min(rest.len());
            let (now, later) = rest.split_at_mut(taken);
            let reduction =
                |point: usize| f64::from(self.reductions.get(point).map_or(0.0, |it| *it));
            let (from, to) = (reduction(tick), reduction(tick + 1));
            if from == 0.0 && to == 0.0 {
                scale(now, gain);
            } else {
                let slope = (to - from) / (end - start) as f64;
                let into = (frame - start) as f64;
                for (n, frame) in now.chunks_mut(channels).enumerate() {
                    scale(frame, gain * (1.0 - (from + slope * (into + n as f64))));
                }
            }
            rest = later;
            frame = end;
            tick += 1;
        }
    }
}

/// A reduction that fades by the same share from each point to the next.
struct Fade {
    share: f32,
    reduction: f32,
}

impl Fade {
    fn new(share: f32) -> Self {
        Self {
            share,
            reduction: 0.0,
        }
    }

    /// What is left at the next point, where at least so much is needed.
    #[inline]
    fn next(&mut self, needed: f32) -> f32 {
        // What counts as nothing does not fade further, into denormal numbers, which are slow. To
        // hold it here costs less than to set it to 0: every point waits for the one before it.
        self.reduction = higher(self.reduction * self.share, higher(needed, NOTHING / 2.0));
        if self.reduction < NOTHING {
            0.0
        } else {
            self.reduction
        }
    }
}

/// Multiplies samples by a constant.
#[inline]
pub(crate) fn scale(samples: &mut [f32], factor: f64) {
    for sample in samples {
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        {
            *sample = (f64::from(*sample) * factor) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(peaks: &[f32], fade_ms: f64) -> Limiter {
        let mut limiter = Limiter::new(Grid::new(48_000));
        limiter.hold(peaks, 0.5, fade_ms);
        limiter
    }

    #[test]
    fn every_tick_is_low_enough_at_both_of_its_ends() {
        let peaks: Vec<f32> = (0..2_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0)
            .collect();
        for ((from, to), peak) in held(&peaks, 7.0).ticks().zip(&peaks) {
            for end in [from, to] {
                assert!(peak * (1.0 - end) <= 0.5 + 1e-6, "{peak} {end}");
            }
        }
    }

    #[test]
    fn a_lone_peak_is_met_with_a_fade_to_both_sides_and_nothing_far_from_it() {
        let mut peaks = vec![0.1; 1_000];
        peaks[500] = 1.0;
        let limiter = held(&peaks, 10.0);
        let at = |point: usize| limiter.reductions[point];
        assert!((at(500) - 0.5).abs() < 1e-6 && (at(501) - 0.5).abs() < 1e-6);
        for n in 1..50 {
            assert!((at(500 - n) - at(501 + n)).abs() < 1e-6);
            assert!(at(500 - n) < at(501 - n));
        }
        assert!(at(0) == 0.0 && at(1_000) == 0.0);
    }

    #[test]
    fn the_gain_is_applied_in_lines_whatever_the_blocks() {
        let mut peaks = vec![0.1; 100];
        peaks[50] = 1.0;
        let limiter = held(&peaks, 5.0);
        let mut whole = vec![1.0_f32; 4_800 * 2];
        limiter.apply(&mut whole, 2, 0, 2.0);
        let mut pieces = vec![1.0_f32; 4_800 * 2];
        for (n, piece) in pieces.chunks_mut(74).enumerate() {
            limiter.apply(piece, 2, n as u64 * 37, 2.0);
        }
        assert_eq!(whole, pieces);
        assert!((whole[50 * 96] - 1.0).abs() < 1e-6);
        assert!(whole[0] > 1.999);
        for pair in whole.chunks(2).collect::<Vec<_>>().windows(2) {
            assert!((pair[0][0] - pair[1][0]).abs() < 0.01);
        }
    }

    #[test]
    fn a_slow_gain_leaves_no_residual_and_a_fast_one_does() {
        let powers = vec![0.1; 2_000];
        let mut peaks = vec![1.0; 2_000];
        let steady = held(&peaks, 10.0).residual_db(&powers);
        for (n, peak) in peaks.iter_mut().enumerate() {
            *peak = if n % 40 == 0 { 1.0 } else { 0.1 };
        }
        let fast = held(&peaks, 2.0).residual_db(&powers);
        let slow = held(&peaks, 40.0).residual_db(&powers);
        assert!(
            steady < -60.0 && slow < fast - 10.0,
            "{steady} {slow} {fast}"
        );
    }
}
