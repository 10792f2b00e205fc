//! Learning: two runs of training, each of which can be stopped and taken up again.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::lesson::Lesson;
use super::trial::judge;
use crate::analytics::series::DailySeries;
use crate::control::step;
use crate::forecast::Series;
use crate::forecast::global::{Forecaster, Settings, Told, Training};
use crate::onnx::encode;
use crate::{Control, Result};

/// Golden rows, spread over the series.
const GOLDEN: usize = 8;
/// A state is kept after so many rounds of twenty steps.
const KEPT_EVERY: u32 = 3;
/// The shares of the whole that the trial's training and its judgement end at.
const TRIED: f64 = 0.45;
const JUDGED: f64 = 0.55;

/// A run of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Without the days that are held out.
    Trial,
    /// With all days.
    Whole,
}

/// Where states of runs are kept, should this process die.
pub trait Keep {
    /// The state of a run that was kept last.
    fn recall(&mut self, part: Part) -> Result<Option<Vec<u8>>>;
    /// Keeps the state of a run in the place of the one before.
    fn keep(&mut self, part: Part, state: &[u8]);
}

/// What was learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// The ONNX file: the same series and seed, the same bytes.
    pub weights: Vec<u8>,
    /// Histories to replay before it serves.
    pub golden: Vec<Vec<Option<f64>>>,
    /// What it was learnt from.
    pub told: Told,
    /// How good it is on held-out days, by the figure's name.
    pub figures: BTreeMap<String, f64>,
    /// The first day that it was learnt from.
    pub first: NaiveDate,
    /// The last.
    pub last: NaiveDate,
}

/// Learns from all of an artist's series.
///
/// # Errors
///
/// [`crate::MlError::TooLittle`], and when it is cancelled.
pub fn learn(
    all: &[DailySeries],
    seed: u64,
    kept: &mut dyn Keep,
    control: &mut dyn Control,
) -> Result<Learnt> {
    let lesson = Lesson::of(all)?;
    let settings = lesson.settings(seed);
    let known: Vec<Series> = lesson.held_out().iter().map(Series::known).collect();
    let mut trial = Span::new(control, 0.0, TRIED);
    let (tried, _) = train(&known, &settings, Part::Trial, kept, &mut trial)?;
    let figures = judge(&lesson, &tried, &mut Span::new(control, TRIED, JUDGED))?;
    let mut whole = Span::new(control, JUDGED, 1.0);
    let (forecaster, told) = train(&lesson.series, &settings, Part::Whole, kept, &mut whole)?;
    let golden = golden(&forecaster, &lesson.series);
    Ok(Learnt {
        weights: encode(&forecaster.model(&told.metadata())?),
        golden,
        told,
        figures,
        first: lesson.first,
        last: lesson.last,
    })
}

fn train(
    series: &[Series],
    settings: &Settings,
    part: Part,
    kept: &mut dyn Keep,
    control: &mut dyn Control,
) -> Result<(Forecaster, Told)> {
    let mut training = begun(series, settings, kept.recall(part)?)?;
    let rounds = settings.steps.div_ceil(20).max(1);
    let mut round = 0;
    while !training.done() {
        step(control, f64::from(round) / f64::from(rounds))?;
        training.advance();
        round += 1;
        if round % KEPT_EVERY == 0 || training.done() {
            kept.keep(part, &training.checkpoint()?);
        }
    }
    step(control, 1.0)?;
    let told = training.told();
    Ok((training.finish(), told))
}

/// A run as it was kept, when it is of these series and settings; else a new one.
fn begun(series: &[Series], settings: &Settings, state: Option<Vec<u8>>) -> Result<Training> {
    if let Some(state) = state
        && let Ok(training) = Training::resume(series, &state)
        && training.told().seed == settings.seed
        && training.told().steps == settings.steps
    {
        return Ok(training);
    }
    Training::new(series, settings)
}

fn golden(forecaster: &Forecaster, series: &[Series]) -> Vec<Vec<Option<f64>>> {
    let most = GOLDEN.min(series.len());
    let places = (0..most).map(|place| place * series.len() / most.max(1));
    let window = |series: &Series| forecaster.window(series).0.into_iter().map(Some).collect();
    places
        .filter_map(|place| series.get(place))
        .map(window)
        .collect()
}

/// A part of a longer run.
struct Span<'a> {
    whole: &'a mut dyn Control,
    from: f64,
    to: f64,
}

impl<'a> Span<'a> {
    fn new(whole: &'a mut dyn Control, from: f64, to: f64) -> Self {
        Self { whole, from, to }
    }
}

impl Control for Span<'_> {
    fn progress(&mut self, fraction: f64) {
        self.whole
            .progress(self.from + fraction * (self.to - self.from));
    }

    fn cancelled(&self) -> bool {
        self.whole.cancelled()
    }
}
