//! A global model from a file, tuned to the series at hand where there are enough of them to learn
//! from and few enough that it takes seconds.

use super::blend::blend;
use super::global::{self, Frame, Served, Settings, Training};
use super::series::{Forecast, Series};
use crate::runtime::Runtime;
use crate::{Control, MlError, Result};

/// How many series a file is tuned to: fewer say too little, and for more of them a training of
/// seconds would not be worth its time beside a file that was trained on as many.
const TUNED: std::ops::RangeInclusive<usize> = 50..=500;
/// The fewest windows, all series together.
const FEWEST_WINDOWS: usize = 400;
/// Steps of each network.
const STEPS: u32 = 200;
/// How much the tuned networks count beside the file's own answers.
const SHARE: f64 = 0.5;

/// A forecaster of a file.
#[derive(Debug)]
pub struct FromFile {
    served: Served,
    /// What is tuned; none: nothing is.
    base: Option<global::Forecaster>,
}

impl FromFile {
    /// Reads a file that `train-forecast` made.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn load(runtime: &Runtime, bytes: &[u8]) -> Result<Self> {
        Ok(Self {
            served: Served::load(runtime, bytes)?,
            base: Some(global::Forecaster::read(bytes)?),
        })
    }

    /// The same, answering by the file alone.
    pub fn as_is(mut self) -> Self {
        self.base = None;
        self
    }

    /// What it looks at and answers.
    pub fn frame(&self) -> &Frame {
        self.served.frame()
    }

    /// Forecasts of series with values of at least 0, by the file and, for so many series, by its
    /// networks after some steps on the series' own histories.
    pub fn forecast(
        &mut self,
        series: &[Series],
        threads: usize,
        control: &mut dyn Control,
    ) -> Result<Vec<Forecast>> {
        let mut forecasts = self.served.forecast(series)?;
        if let Some(tuned) = self.tuned(series, threads, control)? {
            for (one, other) in forecasts.iter_mut().zip(tuned.forecast(series)) {
                blend(one, &other, SHARE);
            }
        }
        Ok(forecasts)
    }

    fn tuned(
        &self,
        series: &[Series],
        threads: usize,
        control: &mut dyn Control,
    ) -> Result<Option<global::Forecaster>> {
        let Some(base) = &self.base else {
            return Ok(None);
        };
        let known: Vec<Series> = series.iter().map(Series::known).collect();
        let frame = self.frame();
        if !TUNED.contains(&known.len()) || frame.windows(&known) < FEWEST_WINDOWS {
            return Ok(None);
        }
        let mut settings = Settings::new(frame.horizon, frame.season);
        (settings.steps, settings.threads) = (STEPS, threads);
        let mut training = match Training::tuning(base.clone(), &known, &settings) {
            Err(MlError::Data(_)) => return Ok(None),
            other => other?,
        };
        training.run(control)?;
        Ok(Some(training.finish()))
    }
}
