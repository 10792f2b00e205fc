//! How good forecasts are, as the M4 competition measured them (Makridakis, Spiliotis,
//! Assimakopoulos: The M4 Competition, 2020).

use super::methods::naive;
use crate::{MlError, Result};

/// Mean symmetric percentage error, 0 to 200; a step where both are 0 counts as 0.
pub fn smape(actual: &[f64], forecast: &[f64]) -> f64 {
    let terms = actual.iter().zip(forecast).map(|(actual, forecast)| {
        let size = actual.abs() + forecast.abs();
        if size == 0.0 {
            0.0
        } else {
            200.0 * (actual - forecast).abs() / size
        }
    });
    terms.sum::<f64>() / actual.len() as f64
}

/// What errors are measured in: the mean absolute difference of values one season apart. None for
/// a history of one season or less, or one that only repeats itself.
pub fn scale(history: &[f64], season: usize) -> Option<f64> {
    let later = history.get(season..)?;
    let apart = later
        .iter()
        .zip(history)
        .map(|(later, sooner)| (later - sooner).abs());
    let mean = apart.sum::<f64>() / later.len() as f64;
    (mean > 0.0 && mean.is_finite()).then_some(mean)
}

/// Mean absolute error, in units of [`scale`].
pub fn mase(actual: &[f64], forecast: &[f64], scale: f64) -> f64 {
    let off = actual
        .iter()
        .zip(forecast)
        .map(|(actual, forecast)| (actual - forecast).abs());
    off.sum::<f64>() / actual.len() as f64 / scale
}

/// The share of steps that lie between the bounds, both included.
pub fn coverage(actual: &[f64], low: &[f64], high: &[f64]) -> f64 {
    let bounds = low.iter().zip(high);
    let inside = actual
        .iter()
        .zip(bounds)
        .filter(|(actual, (low, high))| (low..=high).contains(&actual));
    inside.count() as f64 / actual.len() as f64
}

/// Mean scaled interval score of the central interval that leaves out `alpha`: its width, and
/// 2/alpha times what it missed by, in units of [`scale`].
pub fn msis(actual: &[f64], low: &[f64], high: &[f64], alpha: f64, scale: f64) -> f64 {
    let bounds = low.iter().zip(high);
    let terms = actual.iter().zip(bounds).map(|(actual, (low, high))| {
        let missed = (low - actual).max(0.0) + (actual - high).max(0.0);
        high - low + 2.0 / alpha * missed
    });
    terms.sum::<f64>() / actual.len() as f64 / scale
}

/// A group's errors, gathered series by series, beside those of Naive2.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// How many series.
    pub count: usize,
    smape: f64,
    mase: f64,
    naive_smape: f64,
    naive_mase: f64,
    coverage: f64,
    msis: f64,
}

/// One series' forecast and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// What was known.
    pub history: &'a [f64],
    /// What followed.
    pub actual: &'a [f64],
    /// What was forecast.
    pub mean: &'a [f64],
    /// The lower bound of 80 %.
    pub low: &'a [f64],
    /// The upper bound of 80 %.
    pub high: &'a [f64],
    /// Steps of a season.
    pub season: usize,
}

impl Tally {
    /// Takes in one series. A history without a scale can't be measured.
    pub fn add(&mut self, outcome: &Outcome<'_>) -> Result<()> {
        let Outcome {
            history,
            actual,
            mean,
            low,
            high,
            season,
        } = *outcome;
        let same = [mean.len(), low.len(), high.len()]
            .iter()
            .all(|len| *len == actual.len());
        if actual.is_empty() || !same {
            return Err(MlError::Data(
                "a forecast must have as many steps as what followed".to_owned(),
            ));
        }
        let scale = scale(history, season).ok_or_else(|| {
            MlError::Data(
                "a history must be longer than a season and not only repeat itself".to_owned(),
            )
        })?;
        let naive = naive::naive2(history, season, actual.len());
        self.count += 1;
        self.smape += smape(actual, mean);
        self.mase += mase(actual, mean, scale);
        self.naive_smape += smape(actual, &naive);
        self.naive_mase += mase(actual, &naive, scale);
        self.coverage += coverage(actual, low, high);
        self.msis += msis(actual, low, high, 0.2, scale);
        Ok(())
    }

    /// Takes in what another gathered.
    pub fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.smape += other.smape;
        self.mase += other.mase;
        self.naive_smape += other.naive_smape;
        self.naive_mase += other.naive_mase;
        self.coverage += other.coverage;
        self.msis += other.msis;
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / self.count.max(1) as f64
    }

    /// Mean sMAPE.
    pub fn smape(&self) -> f64 {
        self.mean(self.smape)
    }

    /// Mean MASE.
    pub fn mase(&self) -> f64 {
        self.mean(self.mase)
    }

    /// Overall weighted average: both errors over those of Naive2, halved.
    pub fn owa(&self) -> f64 {
        f64::midpoint(self.smape / self.naive_smape, self.mase / self.naive_mase)
    }

    /// Mean share of steps inside the bounds.
    pub fn coverage(&self) -> f64 {
        self.mean(self.coverage)
    }

    /// Mean scaled interval score of the 80 % interval.
    pub fn msis(&self) -> f64 {
        self.mean(self.msis)
    }
}
