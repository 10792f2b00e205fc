//! The loudness figures, from the K-weighted energy of every 10 ms.
//!
//! Every window is a whole number of hops: momentary is 40 of them, short-term 300, the gating
//! blocks of BS.1770-5 are the momentary windows at every tenth hop, and Tech 3342's are the
//! short-term windows at every tenth.

use super::ticks::{Grid, PER_HOP};
use crate::analysis::psr::{Psr, psr};
use serde::{Deserialize, Serialize};

const MOMENTARY_HOPS: usize = 40;
const SHORT_TERM_HOPS: usize = 300;
/// Gating blocks overlap by three quarters: one every 100 ms.
const GATING_STEP: usize = 10;
const ABSOLUTE_GATE_LUFS: f64 = -70.0;

/// Mean K-weighted power to LUFS.
pub(crate) fn lufs(power: f64) -> f64 {
    -0.691 + 10.0 * power.log10()
}

fn power(lufs: f64) -> f64 {
    10.0_f64.powf((lufs + 0.691) / 10.0)
}

/// Weighted energies of the whole hops of a track.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hops {
    grid: Grid,
    energies: Vec<f64>,
    /// Highest sample of any channel.
    peaks: Vec<f32>,
}

impl Hops {
    pub(crate) fn new(grid: Grid) -> Self {
        Self {
            grid,
            energies: Vec::new(),
            peaks: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, energy: f64, peak: f32) {
        self.energies.push(energy);
        self.peaks.push(peak);
    }

    pub(crate) fn clear(&mut self) {
        self.energies.clear();
        self.peaks.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.energies.len()
    }

    /// The frame at which the loudest stretch of so many seconds starts, on a grid of 100 ms.
    pub(crate) fn loudest(&self, seconds: u32) -> u64 {
        let length = seconds as usize * 100;
        let powers = self.windows(length, GATING_STEP).enumerate();
        // Of several the first: a song begins there for most listeners.
        let best = powers.fold((0, -1.0), |best, (index, power)| {
            if power > best.1 { (index, power) } else { best }
        });
        self.start(best.0 * GATING_STEP)
    }

    /// Where a hop starts, in frames: hops stay on the 10 ms grid at every sample rate.
    fn start(&self, hop: usize) -> u64 {
        self.grid.start(hop * PER_HOP)
    }

    /// Mean power of every window of so many hops, one window every `step` hops.
    fn windows(&self, length: usize, step: usize) -> impl Iterator<Item = f64> + '_ {
        // Sums of all hops before: a window's energy is a difference of two.
        let mut sums = Vec::with_capacity(self.energies.len() + 1);
        sums.push(0.0);
        let mut sum = 0.0;
        for energy in &self.energies {
            sum += energy;
            sums.push(sum);
        }
        let count = (self.energies.len() + 1).saturating_sub(length);
        (0..count).step_by(step).map(move |start| {
            let energy = match (sums.get(start + length), sums.get(start)) {
                (Some(end), Some(begin)) => (end - begin).max(0.0),
                _ => 0.0,
            };
            let frames = self.start(start + length) - self.start(start);
            energy / frames as f64
        })
    }

    fn highest(&self, length: usize) -> Option<f64> {
        self.windows(length, 1)
            .reduce(f64::max)
            .filter(|power| *power > 0.0)
            .map(lufs)
            .filter(|level| *level > -120.0)
    }

    /// Highest momentary loudness in LUFS.
    pub(crate) fn max_momentary(&self) -> Option<f64> {
        self.highest(MOMENTARY_HOPS)
    }

    /// Highest short-term loudness in LUFS.
    pub(crate) fn max_short_term(&self) -> Option<f64> {
        self.highest(SHORT_TERM_HOPS)
    }

    /// Peak to short-term loudness ratio, from sample peaks, every 100 ms.
    pub(crate) fn psr(&self) -> Option<Psr> {
        let highest = |hops: &[f32]| hops.iter().copied().fold(0.0, f32::max);
        let peaks: Vec<f32> = self.peaks.chunks(GATING_STEP).map(highest).collect();
        let loudness: Vec<f64> = self
            .windows(SHORT_TERM_HOPS, GATING_STEP)
            .map(lufs)
            .collect();
        psr(&peaks, &loudness)
    }

    /// Loudness in LUFS of the three seconds around a hop, or of as much of them as there is.
    pub(crate) fn around(&self, hop: usize) -> Option<f64> {
        let from = hop.saturating_sub(SHORT_TERM_HOPS / 2);
        let to = self.energies.len().min(hop + SHORT_TERM_HOPS / 2);
        let energy: f64 = self.energies.get(from..to)?.iter().sum();
        let frames = self.start(to) - self.start(from);
        (energy > 0.0).then(|| lufs(energy / frames as f64))
    }

    /// Integrated loudness in LUFS: two gates, at -70 LUFS and 10 LU under the mean.
    pub(crate) fn integrated(&self) -> Option<f64> {
        loudness_of_blocks(&self.gating_blocks())
    }

    /// Loudness range in LU (Tech 3342): from the 10th to the 95th percentile of short-term
    /// loudness, gated at -70 LUFS and 20 LU under the mean.
    pub(crate) fn range(&self) -> Option<f64> {
        let mut kept = self.gated(SHORT_TERM_HOPS, 0.01)?;
        kept.sort_by(f64::total_cmp);
        let low = percentile(&kept, 0.10)?;
        let high = percentile(&kept, 0.95)?;
        Some(lufs(high) - lufs(low))
    }

    /// The mean power of the windows of the integrated loudness that pass the absolute gate.
    pub(crate) fn gating_blocks(&self) -> Vec<f64> {
        self.blocks(MOMENTARY_HOPS)
    }

    fn blocks(&self, length: usize) -> Vec<f64> {
        self.windows(length, GATING_STEP)
            .filter(|block| *block > power(ABSOLUTE_GATE_LUFS))
            .collect()
    }

    /// The mean power of the windows that pass both gates, the second at a share of the mean.
    fn gated(&self, length: usize, share: f64) -> Option<Vec<f64>> {
        let mut blocks = self.blocks(length);
        let gate = mean(&blocks)? * share;
        blocks.retain(|block| *block > gate);
        Some(blocks)
    }
}

/// Integrated loudness in LUFS of gating blocks, of one track or of several.
pub(crate) fn loudness_of_blocks(blocks: &[f64]) -> Option<f64> {
    let gate = mean(blocks)? * 0.1;
    let (sum, count) = blocks
        .iter()
        .filter(|block| **block > gate)
        .fold((0.0, 0_u32), |(sum, count), block| (sum + block, count + 1));
    (count > 0).then(|| lufs(sum / f64::from(count)))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value at a share of a sorted list, by the nearest rank.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank inside the list"
    )]
    let rank = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(rank).copied()
}
