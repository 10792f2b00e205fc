//! The weights of a version, opened: what they are for, what they take, and what they answer.

use std::sync::{Mutex, PoisonError};

use super::metadata::{Input, Task};
use crate::churn::{self, Kind};
use crate::forecast::global;
use crate::forecast::{Forecast, Series};
use crate::onnx::{Limits, read};
use crate::runtime::Runtime;
use crate::{MlError, Result};

/// Opened weights.
#[derive(Debug)]
pub enum Weights {
    /// Trees in Rust: they are the graph's (see [`churn::import`]), and tell reasons too. Beside them
    /// what their answers stand on, where the file tells.
    Churn(Box<churn::Model>, Option<Box<churn::Grounds>>),
    /// A graph in the runtime, which runs one batch at a time.
    Forecast(Box<Mutex<global::Served>>),
}

impl Weights {
    /// Opens an ONNX file that this crate wrote, by the task that its metadata tell.
    pub fn open(bytes: &[u8], runtime: &Runtime) -> Result<Self> {
        let file = read(bytes, &Limits::default())?;
        if file.metadata.get("task").map(String::as_str) == Some(global::TASK) {
            let served = global::Served::load(runtime, bytes)?;
            return Ok(Self::Forecast(Box::new(Mutex::new(served))));
        }
        let (model, report) = churn::import(bytes)?;
        Ok(Self::Churn(Box::new(model), report.grounds.map(Box::new)))
    }

    /// What they are for.
    pub fn task(&self) -> Task {
        match self {
            Self::Churn(..) => Task::Churn,
            Self::Forecast(_) => Task::Forecast,
        }
    }

    /// What they take, in order.
    pub fn schema(&self) -> Vec<Input> {
        let port = |name: &str, width| Input {
            name: name.to_owned(),
            category: None,
            width,
        };
        match self {
            Self::Churn(model, _) => {
                let features = model.schema.features.iter();
                let input = features.map(|feature| Input {
                    name: feature.column.clone(),
                    category: match &feature.kind {
                        Kind::Number => None,
                        Kind::Category(name) => Some(name.clone()),
                    },
                    width: 1,
                });
                input.collect()
            }
            Self::Forecast(served) => {
                let served = served.lock().unwrap_or_else(PoisonError::into_inner);
                let frame = served.frame();
                let mut ports = vec![port("history", frame.context)];
                if frame.phased {
                    ports.push(port("phase", frame.season));
                }
                ports
            }
        }
    }

    /// What they answer to one golden row: features for churn, a history for a forecast.
    pub fn answer(&self, input: &[Option<f64>]) -> Result<Vec<f64>> {
        match self {
            Self::Churn(model, _) => {
                if input.len() != model.schema.features.len() {
                    return Err(misfit());
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "features are single precision, and were before they were written down"
                )]
                let single = |value: &Option<f64>| value.map_or(f32::NAN, |value| value as f32);
                let row: Vec<f32> = input.iter().map(single).collect();
                Ok(vec![model.probability(&row)])
            }
            Self::Forecast(_) => {
                let history: Option<Vec<f64>> = input.iter().copied().collect();
                let history = history
                    .filter(|history| !history.is_empty())
                    .ok_or_else(misfit)?;
                let forecasts = self.forecast(&[Series::new("golden", history)])?;
                let parts = forecasts
                    .into_iter()
                    .flat_map(|found| [found.mean, found.q10, found.q90]);
                Ok(parts.flatten().collect())
            }
        }
    }

    /// Forecasts of series with values of at least 0; [`MlError::ModelMismatch`] of weights that
    /// are for something else.
    pub fn forecast(&self, series: &[Series]) -> Result<Vec<Forecast>> {
        match self {
            Self::Churn(..) => Err(MlError::ModelMismatch("it is not a forecaster".to_owned())),
            // A run that panicked left no state behind: a session keeps none between runs.
            Self::Forecast(served) => served
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .forecast(series),
        }
    }
}

fn misfit() -> MlError {
    MlError::Data("a golden row has not the form of the model's inputs".to_owned())
}
