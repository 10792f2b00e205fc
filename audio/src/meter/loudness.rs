//! The K-weighted energy of a track, hop by hop, and its level tick by tick where it is traced.

use serde::{Deserialize, Serialize};

use super::hops::Hops;
use super::k_weighting::{Section, State, sections};
use super::planes::Planes;
use super::ticks::{Grid, PER_HOP};
use crate::decode::Place;
use crate::kernel::highest;

/// The level of a track in every tick; the last one may not be whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trace {
    /// Mean K-weighted power, all channels together with their weights.
    pub(crate) power: Vec<f32>,
    /// Highest sample of any channel.
    pub(crate) peak: Vec<f32>,
}

enum Filters {
    Mono(State<1>),
    Stereo(State<2>),
    More(Vec<State<1>>),
}

/// Measures loudness as blocks go by.
pub(crate) struct Loudness {
    sections: [Section; 2],
    filters: Filters,
    weights: Vec<f64>,
    grid: Grid,
    hops: Hops,
    /// The hop that is being filled: its energy, its highest sample and the ticks it holds.
    hop_energy: f64,
    hop_peak: f32,
    hop_ticks: usize,
    /// The tick that is being filled: its energy and the frames it still lacks.
    energy: f64,
    missing: usize,
    ticks: usize,
    peak: f32,
    trace: Option<Trace>,
    planes: Planes,
}

impl Loudness {
    /// A loudness meter for a sample rate in hertz and the places of the channels.
    pub(crate) fn new(sample_rate_hz: u32, places: &[Place]) -> Self {
        let filters = match places.len() {
            1 => Filters::Mono(State::new()),
            2 => Filters::Stereo(State::new()),
            more => Filters::More(vec![State::new(); more]),
        };
        let grid = Grid::new(sample_rate_hz);
        Self {
            sections: sections(f64::from(sample_rate_hz)),
            filters,
            weights: places.iter().map(|place| place.weight()).collect(),
            grid,
            hops: Hops::new(grid),
            hop_energy: 0.0,
            hop_peak: 0.0,
            hop_ticks: 0,
            energy: 0.0,
            missing: grid.frames(0),
            ticks: 0,
            peak: 0.0,
            trace: None,
            planes: Planes::new(places.len()),
        }
    }

    /// The same, which also keeps the level of every tick.
    pub(crate) fn traced(sample_rate_hz: u32, places: &[Place]) -> Self {
        Self {
            trace: Some(Trace::default()),
            ..Self::new(sample_rate_hz, places)
        }
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
            let samples = planes.iter().filter_map(|plane| plane.get(from..to));
            self.peak = samples.map(highest).fold(self.peak, f32::max);
            self.missing -= to - from;
            from = to;
            if self.missing == 0 {
                self.close_tick(self.grid.frames(self.ticks));
                self.hop_ticks += 1;
                if self.hop_ticks == PER_HOP {
                    self.hops.push(self.hop_energy, self.hop_peak);
                    self.hop_energy = 0.0;
                    self.hop_peak = 0.0;
                    self.hop_ticks = 0;
                }
            }
        }
    }

    fn close_tick(&mut self, frames: usize) {
        if let Some(trace) = &mut self.trace {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "24 bits are plenty for a level"
            )]
            trace
                .power
                .push((self.energy / frames.max(1) as f64) as f32);
            trace.peak.push(self.peak);
        }
        self.hop_peak = self.hop_peak.max(self.peak);
        self.peak = 0.0;
        self.hop_energy += self.energy;
        self.energy = 0.0;
        self.ticks += 1;
        self.missing = self.grid.frames(self.ticks);
    }

    /// Ends the track: what the figures come from, and the trace if one was asked for.
    pub(crate) fn finish(mut self) -> (Hops, Trace) {
        let held = self.grid.frames(self.ticks) - self.missing;
        if held > 0 {
            self.close_tick(held);
        }
        (self.hops, self.trace.unwrap_or_default())
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
}
