//! A forecaster from a file, run by the runtime.

use super::forecaster::{named_forecast, window};
use super::frame::{Frame, HEADS};
use super::graph::{FORM, TASK};
use super::net::single;
use crate::forecast::series::{Forecast, Series};
use crate::onnx::Limits;
use crate::runtime::{Loaded, Runtime};
use crate::{MlError, Result};

/// Rows of one run.
const ROWS: usize = 256;

/// A forecaster that was read from a file.
#[derive(Debug)]
pub struct Served {
    frame: Frame,
    loaded: Loaded,
}

impl Served {
    /// Reads a file that [`super::Forecaster::model`] made.
    pub fn load(runtime: &Runtime, bytes: &[u8]) -> Result<Self> {
        let loaded = runtime.load(bytes, &Limits::default())?;
        let told = |key: &str| loaded.model().metadata.get(key).map(String::as_str);
        if told("task") != Some(TASK) || told("form") != Some(FORM) {
            return Err(MlError::ModelMismatch(
                "it is no forecaster of this form".to_owned(),
            ));
        }
        let frame = told("frame").and_then(|frame| serde_json::from_str(frame).ok());
        let frame: Frame =
            frame.ok_or_else(|| MlError::ModelMismatch("its frame can't be read".to_owned()))?;
        Ok(Self { frame, loaded })
    }

    /// What it looks at and answers.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Forecasts of series with values of at least 0.
    pub fn forecast(&mut self, series: &[Series]) -> Result<Vec<Forecast>> {
        let mut all = Vec::with_capacity(series.len());
        for series in series.chunks(ROWS) {
            self.rows(series, &mut all)?;
        }
        Ok(all)
    }

    fn rows(&mut self, series: &[Series], all: &mut Vec<Forecast>) -> Result<()> {
        let (mut histories, mut phases) = (Vec::new(), Vec::new());
        let mut sizes = Vec::with_capacity(series.len());
        for each in series {
            refuse_negative(each)?;
            let (window, phase) = window(&self.frame, each);
            // Relative to their mean, so that no value is too large for a single.
            let mean = window.iter().sum::<f64>() / window.len().max(1) as f64;
            let size = if mean > 0.0 { mean } else { 1.0 };
            histories.extend(window.iter().map(|value| single(value / size)));
            sizes.push(size);
            if self.frame.phased {
                let place = |at: usize| if phase == Some(at) { 1.0 } else { 0.0 };
                phases.extend((0..self.frame.season).map(place));
            }
        }
        let fed: &[&[f32]] = if self.frame.phased {
            &[&histories, &phases]
        } else {
            &[&histories]
        };
        let found = self.loaded.run(series.len(), fed)?;
        let steps = found
            .first()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .as_chunks::<HEADS>()
            .0;
        let rows = steps.chunks_exact(self.frame.horizon).zip(sizes);
        for (series, (steps, size)) in series.iter().zip(rows) {
            let quantiles: Vec<[f64; 3]> = steps
                .iter()
                .map(|step| step.map(|value| size * f64::from(value)))
                .collect();
            if quantiles.iter().flatten().any(|value| !value.is_finite()) {
                return Err(MlError::Run(format!(
                    "{}: an answer is not finite",
                    series.id
                )));
            }
            all.push(named_forecast(&series.id, &quantiles));
        }
        Ok(())
    }
}

/// A global model takes values of at least 0.
///
/// # Errors
///
/// [`MlError::Line`] for a history with a value below.
pub fn refuse_negative(series: &Series) -> Result<()> {
    let below = series.history.iter().position(|value| *value < 0.0);
    below.map_or(Ok(()), |at| {
        let rule = "must be at least 0 for a global model";
        Err(MlError::line(series.line, format!("train[{at}]"), rule))
    })
}
