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
    pub fn load(runtime: Runtime, bytes: &[u8]) -> Result<Self> {
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
        for each in series {
            if each.history.iter().any(|value| *value < 0.0) {
                let rule = format!("{}: a global model takes values of at least 0", each.id);
                return Err(MlError::Data(rule));
            }
            let (window, phase) = window(&self.frame, each);
            histories.extend(window.iter().map(|value| single(*value)));
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
        for (series, steps) in series.iter().zip(steps.chunks_exact(self.frame.horizon)) {
            let quantiles: Vec<[f64; 3]> = steps.iter().map(|step| step.map(f64::from)).collect();
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
