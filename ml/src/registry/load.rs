//! Loading: checksum, then tenant, then schema, then golden rows. Only what passed all four serves,
//! and each refuses with a code of its own.

use super::bundle::Bundle;
use super::key::Key;
use super::metadata::{Golden, Metadata, Task};
use super::weights::Weights;
use crate::churn;
use crate::forecast::{Forecast, Series};
use crate::runtime::Runtime;
use crate::{MlError, Result};

/// How far an answer to a golden row may be off: absolutely below 1, relatively above.
pub const TOLERANCE: f64 = 1e-5;

/// What a session's plan takes in memory, measured on forecasters of three networks.
const PLAN_BYTES: usize = 768 << 10;

/// A version that may answer.
#[derive(Debug)]
pub struct Served {
    key: Key,
    metadata: Metadata,
    weights: Weights,
    bytes: usize,
}

/// Loads the version that `key` names from its bytes.
///
/// # Errors
///
/// In this order: [`MlError::ModelDamaged`] for a byte that is not the version's,
/// [`MlError::ModelTenant`] for a version of somebody else's or of another model,
/// [`MlError::ModelSchema`] for weights of another form than the metadata say, and
/// [`MlError::ModelGolden`] for weights that answer otherwise than when they were made.
pub fn load(bytes: &[u8], key: &Key, runtime: &Runtime) -> Result<Served> {
    let Bundle { metadata, weights } = Bundle::decode(bytes, key.version)?;
    if metadata.tenant != *key.tenant || metadata.model != *key.model {
        return Err(MlError::ModelTenant);
    }
    let opened = Weights::open(&weights, runtime)?;
    schema(&metadata, &opened)?;
    golden(&metadata.golden, &opened)?;
    let task = opened.task();
    Ok(Served {
        key: key.clone(),
        metadata,
        weights: opened,
        bytes: held(bytes.len(), task),
    })
}

fn schema(metadata: &Metadata, weights: &Weights) -> Result<()> {
    let what = if metadata.task != weights.task() {
        "they are for another task than the metadata say"
    } else if metadata.schema != weights.schema() {
        "they take other inputs than the metadata say"
    } else {
        return Ok(());
    };
    Err(MlError::ModelSchema(what.to_owned()))
}

fn golden(rows: &[Golden], weights: &Weights) -> Result<()> {
    if rows.is_empty() {
        return Err(MlError::ModelGolden("there is no golden row".to_owned()));
    }
    for (place, row) in (1..).zip(rows) {
        let wrong = |what: &str| MlError::ModelGolden(format!("golden row {place}: {what}"));
        let found = weights
            .answer(&row.input)
            .map_err(|error| wrong(&error.to_string()))?;
        // A NaN is near to nothing.
        let near =
            |(found, told): (&f64, &f64)| (found - told).abs() <= TOLERANCE * told.abs().max(1.0);
        if found.len() != row.output.len() || !found.iter().zip(&row.output).all(near) {
            return Err(wrong("the answer is another"));
        }
    }
    Ok(())
}

/// Bytes of memory that a version of so many bytes holds, about: what is single precision in the file
/// is double precision in trees; a session holds its constants and a packed copy, and its plan.
fn held(bytes: usize, task: Task) -> usize {
    let plan = match task {
        Task::Churn => 0,
        Task::Forecast => PLAN_BYTES,
    };
    bytes.saturating_mul(2).saturating_add(plan)
}

impl Served {
    /// What it was asked for by.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What is said of it.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Bytes of memory that it holds, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The churn model; [`MlError::ModelMismatch`] of a version that is for something else.
    pub fn churn(&self) -> Result<&churn::Model> {
        match &self.weights {
            Weights::Churn(model, _) => Ok(model),
            Weights::Forecast(_) => {
                Err(MlError::ModelMismatch("it is not a churn model".to_owned()))
            }
        }
    }

    /// What a churn model's answers stand on; none where its file doesn't tell.
    pub fn grounds(&self) -> Option<&churn::Grounds> {
        match &self.weights {
            Weights::Churn(_, grounds) => grounds.as_deref(),
            Weights::Forecast(_) => None,
        }
    }

    /// Forecasts of series with values of at least 0; [`MlError::ModelMismatch`] of a version that
    /// is for something else.
    pub fn forecast(&self, series: &[Series]) -> Result<Vec<Forecast>> {
        self.weights.forecast(series)
    }
}
