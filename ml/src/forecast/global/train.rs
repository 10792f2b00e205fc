//! Training: an ensemble of networks, each on its own random windows, in steps that can be stopped
//! and taken up again.

use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::forecaster::Forecaster;
use super::frame::{Frame, HEADS};
use super::loss::{loss, softplus};
use super::net::{Sizes, forward, gradient};
use super::told::{Told, fingerprint};
use super::windows::{Batch, Track, later, sample};
use crate::control::step;
use crate::forecast::series::Series;
use crate::random::Random;
use crate::{Control, MlError, Result};

/// Windows of one step.
const ROWS: usize = 128;
/// Steps between two looks at the control.
const SLICE: u32 = 20;
/// Steps in which the rate rises to its height.
const WARM_UP: f64 = 50.0;
const HIGHEST_RATE: f64 = 1e-3;
const WEIGHT_DECAY: f64 = 0.01;
/// Where the widths begin, before softplus: about ±8 %.
const FIRST_WIDTH: f32 = -2.5;
/// Windows of a left-out series that the widths are set by.
const JUDGED: usize = 16;
/// The share of series that each network does not see, so that widths are set by others.
const LEFT_OUT: usize = 8;

/// What to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Steps to forecast, 1 to 512.
    pub horizon: usize,
    /// Steps of a season, 1 to 366; 1 for none.
    pub season: usize,
    /// All that is random follows from it.
    pub seed: u64,
    /// Networks of the ensemble, 1 to 64.
    pub members: usize,
    /// Width of each network's layers, 1 to 4,096.
    pub width: usize,
    /// Steps of each network, 1 to 1,000,000.
    pub steps: u32,
    /// Threads; the result does not depend on them.
    pub threads: usize,
}

impl Settings {
    /// What suits most data.
    pub fn new(horizon: usize, season: usize) -> Self {
        Self {
            horizon,
            season,
            seed: 1,
            members: 6,
            width: 256,
            steps: 1000,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    fn check(&self) -> Result<()> {
        let ranges = [
            ("members", self.members as u64, 64),
            ("width", self.width as u64, 4096),
            ("steps", u64::from(self.steps), 1_000_000),
        ];
        for (field, value, most) in ranges {
            if !(1..=most).contains(&value) {
                let rule = format!("must be 1 to {most}");
                return Err(MlError::Setting { field, rule });
            }
        }
        Ok(())
    }
}

/// One network being trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Member {
    /// Inputs at the beginning that it does not see; their weights are 0.
    unseen: usize,
    weights: Vec<f32>,
    adam: Adam,
    random: Random,
    steps: u32,
}

/// What a run is, in the form that it is kept in while it rests.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    settings: Settings,
    frame: Frame,
    data: String,
    members: Vec<Member>,
}

/// A run of training.
#[derive(Debug)]
pub struct Training {
    settings: Settings,
    frame: Frame,
    sizes: Sizes,
    tracks: Vec<Track>,
    left_out: usize,
    data: String,
    members: Vec<Member>,
}

impl Training {
    /// Prepares a run. Series with values below 0, too short for a window, or that only repeat
    /// themselves are left out.
    ///
    /// # Errors
    ///
    /// [`MlError::Setting`] for a setting out of range; [`MlError::Data`] for fewer than two series
    /// that are not left out.
    pub fn new(series: &[Series], settings: &Settings) -> Result<Self> {
        settings.check()?;
        let usable = || series.iter().filter(|each| each.never_negative());
        let values = || usable().flat_map(|each| each.history.iter().chain(&each.followed));
        let mut lengths: Vec<usize> = usable()
            .map(|each| each.history.len() + each.followed.len())
            .collect();
        lengths.sort_unstable();
        let mut frame = Frame::fit(&lengths, settings.horizon, settings.season)?;
        frame.phased = frame.season == 7 && usable().any(|each| each.weekday().is_some());
        frame.offset = if values().any(|value| *value <= 0.0) {
            0.05
        } else {
            0.0
        };
        let tracks = Track::all(series, &frame);
        if tracks.len() < 2 {
            let least = frame.least() + frame.horizon;
            return Err(MlError::Data(format!(
                "at least 2 series of at least {least} values, none below 0, that do not only repeat themselves are needed"
            )));
        }
        let sizes = Sizes {
            inputs: frame.inputs(),
            outputs: frame.outputs(),
            width: settings.width,
            blocks: 2,
        };
        let members =
            (0..settings.members).map(|index| start(&frame, &sizes, settings.seed, index));
        Ok(Self {
            members: members.collect(),
            left_out: series.len() - tracks.len(),
            data: fingerprint(series),
            settings: settings.clone(),
            frame,
            sizes,
            tracks,
        })
    }

    /// Takes up a run where its checkpoint left it. The series must be those that it began with.
    pub fn resume(series: &[Series], checkpoint: &[u8]) -> Result<Self> {
        let kept: Checkpoint = rmp_serde::from_slice(checkpoint)
            .map_err(|_| MlError::Data("this is no checkpoint of a training run".to_owned()))?;
        let mut training = Self::new(series, &kept.settings)?;
        let count = training.sizes.layout().count;
        let same = kept
            .members
            .iter()
            .all(|member| member.weights.len() == count);
        let other = training.frame != kept.frame || training.data != kept.data;
        if other || !same || kept.members.len() != training.members.len() {
            return Err(MlError::Data(
                "the checkpoint is of other series".to_owned(),
            ));
        }
        training.members = kept.members;
        Ok(training)
    }

    /// The run as bytes, to be taken up again with the same result as if it had never stopped.
    pub fn checkpoint(&self) -> Result<Vec<u8>> {
        let kept = Checkpoint {
            settings: self.settings.clone(),
            frame: self.frame,
            data: self.data.clone(),
            members: self.members.clone(),
        };
        rmp_serde::to_vec(&kept).map_err(|error| MlError::Data(error.to_string()))
    }

    /// What it learns from, for the model's metadata.
    pub fn told(&self) -> Told {
        Told {
            series: self.tracks.len(),
            left_out: self.left_out,
            values: self.tracks.iter().map(Track::len).sum(),
            data: self.data.clone(),
            seed: self.settings.seed,
            members: self.settings.members,
            steps: self.settings.steps,
        }
    }

    /// What the forecaster will look at and answer.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Whether all steps are done.
    pub fn done(&self) -> bool {
        self.members
            .iter()
            .all(|member| member.steps >= self.settings.steps)
    }

    /// Trains to the end, or until cancelled: within some twenty steps of each network. What was
    /// done so far is kept.
    pub fn run(&mut self, control: &mut dyn Control) -> Result<()> {
        while !self.done() {
            let done = self.members.first().map_or(0, |member| member.steps);
            step(control, f64::from(done) / f64::from(self.settings.steps))?;
            self.advance();
        }
        step(control, 1.0)
    }

    /// Twenty steps or so of every network.
    pub fn advance(&mut self) {
        let (frame, sizes, settings, tracks) =
            (&self.frame, &self.sizes, &self.settings, &self.tracks);
        let share = self.members.len().div_ceil(settings.threads.max(1)).max(1);
        let train = |first: usize, members: &mut [Member]| {
            for (at, member) in members.iter_mut().enumerate() {
                let seen: Vec<&Track> = tracks
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| !left_out(*index, first + at, tracks.len()))
                    .map(|(_, track)| track)
                    .collect();
                let until = settings.steps.min(member.steps + SLICE);
                while member.steps < until {
                    member.learn(frame, sizes, &seen, settings.steps);
                }
            }
        };
        std::thread::scope(|scope| {
            for (part, members) in self.members.chunks_mut(share).enumerate() {
                let train = &train;
                scope.spawn(move || train(part * share, members));
            }
        });
    }

    /// The forecaster, its widths set by the series that each network did not see.
    pub fn finish(self) -> Forecaster {
        let widths = self.widths();
        Forecaster {
            frame: self.frame,
            sizes: self.sizes,
            members: self
                .members
                .into_iter()
                .map(|member| member.weights)
                .collect(),
            widths,
        }
    }

    /// Factors of the lower and upper widths with which nine in ten values lie on their side of
    /// each bound.
    fn widths(&self) -> [f32; 2] {
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for (index, member) in self.members.iter().enumerate() {
            let mut batch = Batch::default();
            for (at, track) in self.tracks.iter().enumerate() {
                if left_out(at, index, self.tracks.len()) {
                    later(&self.frame, track, JUDGED, &mut batch);
                }
            }
            let outputs = forward(&self.sizes, &member.weights, &batch.inputs);
            let steps = outputs.as_chunks::<HEADS>().0;
            for ([median, low, high], target) in steps.iter().zip(&batch.targets) {
                below.push((median - target) / softplus(*low));
                above.push((target - median) / softplus(*high));
            }
        }
        [ninetieth(below), ninetieth(above)]
    }
}

fn ninetieth(mut ratios: Vec<f32>) -> f32 {
    ratios.retain(|ratio| ratio.is_finite());
    ratios.sort_by(f32::total_cmp);
    let at = ratios.len() * 9 / 10;
    // Few windows say little: then the widths stay nearly as they were learned.
    ratios.get(at).map_or(1.0, |ratio| ratio.clamp(0.5, 2.0))
}

fn left_out(track: usize, member: usize, tracks: usize) -> bool {
    tracks >= 2 * LEFT_OUT && track % LEFT_OUT == member % LEFT_OUT
}

fn start(frame: &Frame, sizes: &Sizes, seed: u64, index: usize) -> Member {
    let mut random = Random::part(seed, index as u64);
    let mut weights = sizes.start(&mut random);
    let unseen = frame.unseen(index);
    sizes.silence_first(unseen, &mut weights);
    let bias = weights
        .get_mut(sizes.layout().leave_bias.range)
        .unwrap_or_default();
    for [_, low, high] in bias.as_chunks_mut::<HEADS>().0 {
        (*low, *high) = (FIRST_WIDTH, FIRST_WIDTH);
    }
    Member {
        unseen,
        adam: Adam::new(weights.len()),
        weights,
        random,
        steps: 0,
    }
}

impl Member {
    fn learn(&mut self, frame: &Frame, sizes: &Sizes, seen: &[&Track], steps: u32) {
        let mut batch = Batch::default();
        for _ in 0..ROWS {
            sample(frame, seen, &mut self.random, &mut batch);
        }
        let slope = |outputs: &[f32]| loss(outputs, &batch.targets, &batch.weights);
        let (_, mut slopes) = gradient(sizes, &self.weights, &batch.inputs, slope);
        sizes.silence_first(self.unseen, &mut slopes);
        let done = f64::from(self.steps);
        let fall = f64::midpoint(1.0, (std::f64::consts::PI * done / f64::from(steps)).cos());
        let rate = HIGHEST_RATE * fall * ((done + 1.0) / WARM_UP).min(1.0);
        self.adam
            .step(&mut self.weights, &slopes, rate, WEIGHT_DECAY);
        self.steps += 1;
    }
}
