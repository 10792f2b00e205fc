//! Loudness: integrated (gated), momentary, short-term, and loudness range.
//!
//! The K-weighted energy is summed over hops of 10 ms. Every window is a whole number of hops:
//! momentary is 40 of them, short-term 300, the gating blocks of BS.1770-5 are the momentary
//! windows at every tenth hop, and Tech 3342's are the short-term windows at every tenth.

use super::k_weighting::{Section, State, sections};
use super::planes::Planes;
use crate::decode::Place;

const HOPS_PER_SECOND: u64 = 100;
const MOMENTARY_HOPS: usize = 40;
const SHORT_TERM_HOPS: usize = 300;
/// Gating blocks overlap by three quarters: one every 100 ms.
const GATING_STEP: usize = 10;
const ABSOLUTE_GATE_LUFS: f64 = -70.0;

/// Mean K-weighted power to LUFS.
fn lufs(power: f64) -> f64 {
    -0.691 + 10.0 * power.log10()
}

fn power(lufs: f64) -> f64 {
    10.0_f64.powf((lufs + 0.691) / 10.0)
}

enum Filters {
    Mono(State<1>),
    Stereo(State<2>),
    More(Vec<State<1>>),
}

/// Measures loudness as blocks go by.
pub struct Loudness {
    sections: [Section; 2],
    filters: Filters,
    weights: Vec<f64>,
    sample_rate_hz: u64,
    /// Weighted energy of each whole hop.
    hops: Vec<f64>,
    /// The hop that is being filled: its energy and the frames it still lacks.
    energy: f64,
    missing: usize,
    planes: Planes,
}

impl Loudness {
    /// A loudness meter for a sample rate in hertz and the places of the channels.
    pub fn new(sample_rate_hz: u32, places: &[Place]) -> Self {
        let filters = match places.len() {
            1 => Filters::Mono(State::new()),
            2 => Filters::Stereo(State::new()),
            more => Filters::More(vec![State::new(); more]),
        };
        let mut meter = Self {
            sections: sections(f64::from(sample_rate_hz)),
            filters,
            weights: places.iter().map(|place| place.weight()).collect(),
            sample_rate_hz: u64::from(sample_rate_hz),
            hops: Vec::new(),
            energy: 0.0,
            missing: 0,
            planes: Planes::new(places.len()),
        };
        meter.missing = meter.hop_frames(0);
        meter
    }

    /// Where a hop starts, in frames: hops stay on the 10 ms grid at every sample rate.
    fn hop_start(&self, hop: usize) -> u64 {
        (hop as u64 * self.sample_rate_hz + HOPS_PER_SECOND / 2) / HOPS_PER_SECOND
    }

    fn hop_frames(&self, hop: usize) -> usize {
        usize::try_from(self.hop_start(hop + 1) - self.hop_start(hop)).unwrap_or(usize::MAX)
    }

    /// Takes interleaved samples of whole frames.
    pub fn push(&mut self, mut samples: &[f32]) {
        let mut planes = std::mem::replace(&mut self.planes, Planes::new(0));
        while !samples.is_empty() {
            samples = planes.fill(samples);
            self.push_planes(planes.channels());
            planes.clear();
        }
        self.planes = planes;
    }

    pub(crate) fn push_planes(&mut self, planes: &[Vec<f32>]) {
        let frames = planes.first().map_or(0, Vec::len);
        let mut from = 0;
        while from < frames {
            let to = frames.min(from + self.missing);
            self.energy += self.filter(planes, from, to);
            self.missing -= to - from;
            from = to;
            if self.missing == 0 {
                self.hops.push(self.energy);
                self.energy = 0.0;
                self.missing = self.hop_frames(self.hops.len());
            }
        }
    }

    fn filter(&mut self, planes: &[Vec<f32>], from: usize, to: usize) -> f64 {
        let cut = |plane: &'_ Vec<f32>| -> std::ops::Range<usize> { from..to.min(plane.len()) };
        let sections = &self.sections;
        match (&mut self.filters, planes) {
            (Filters::Stereo(state), [left, right]) => {
                let (left, right) = (left.get(cut(left)), right.get(cut(right)));
                let [left, right] = state.energy(
                    sections,
                    left.unwrap_or_default(),
                    right.unwrap_or_default(),
                );
                left + right
            }
            (Filters::Mono(state), [plane]) => {
                state.energy(sections, plane.get(cut(plane)).unwrap_or_default())
            }
            (Filters::More(states), planes) => states
                .iter_mut()
                .zip(planes)
                .zip(&self.weights)
                .filter(|(_, weight)| **weight > 0.0)
                .map(|((state, plane), weight)| {
                    weight * state.energy(sections, plane.get(cut(plane)).unwrap_or_default())
                })
                .sum(),
            _ => 0.0,
        }
    }

    /// Mean power of every window of so many hops, one window every `step` hops.
    fn windows(&self, length: usize, step: usize) -> impl Iterator<Item = f64> + '_ {
        // Sums of all hops before: a window's energy is a difference of two.
        let mut sums = Vec::with_capacity(self.hops.len() + 1);
        sums.push(0.0);
        let mut sum = 0.0;
        for energy in &self.hops {
            sum += energy;
            sums.push(sum);
        }
        let count = (self.hops.len() + 1).saturating_sub(length);
        (0..count).step_by(step).map(move |start| {
            let energy = match (sums.get(start + length), sums.get(start)) {
                (Some(end), Some(begin)) => (end - begin).max(0.0),
                _ => 0.0,
            };
            let frames = self.hop_start(start + length) - self.hop_start(start);
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
    pub fn max_momentary(&self) -> Option<f64> {
        self.highest(MOMENTARY_HOPS)
    }

    /// Highest short-term loudness in LUFS.
    pub fn max_short_term(&self) -> Option<f64> {
        self.highest(SHORT_TERM_HOPS)
    }

    /// Integrated loudness in LUFS: two gates, at -70 LUFS and 10 LU under the mean.
    pub fn integrated(&self) -> Option<f64> {
        mean(&self.gated(MOMENTARY_HOPS, 0.1)?).map(lufs)
    }

    /// Loudness range in LU (Tech 3342): from the 10th to the 95th percentile of short-term
    /// loudness, gated at -70 LUFS and 20 LU under the mean.
    pub fn range(&self) -> Option<f64> {
        let mut kept = self.gated(SHORT_TERM_HOPS, 0.01)?;
        kept.sort_by(f64::total_cmp);
        let low = percentile(&kept, 0.10)?;
        let high = percentile(&kept, 0.95)?;
        Some(lufs(high) - lufs(low))
    }

    /// The mean power of the windows that pass both gates, the second at a share of the mean.
    fn gated(&self, length: usize, share: f64) -> Option<Vec<f64>> {
        let mut blocks: Vec<f64> = self
            .windows(length, GATING_STEP)
            .filter(|block| *block > power(ABSOLUTE_GATE_LUFS))
            .collect();
        let gate = mean(&blocks)? * share;
        blocks.retain(|block| *block > gate);
        Some(blocks)
    }
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
