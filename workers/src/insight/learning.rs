//! The part of a training that keeps a core busy: from rows to a bundle, going on behind what an
//! earlier attempt kept.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use ml::MlError;
use ml::churn::{Choice, Metrics, Model, Plan, Report, Training, export, import};
use ml::registry::{Bundle, DataWindow};
use ml::table::Table;
use models::datasets::DatasetRow;

use super::training::Run;
use crate::ending::Ending;

/// What the state of a training is kept as.
const STATE: &str = "training";
/// Golden rows of a version, spread over those that it was trained on.
const GOLDEN: usize = 8;

/// What the thread that trains takes along.
pub struct Learning {
    /// The rows.
    pub file: File,
    /// What they are.
    pub dataset: DatasetRow,
    /// What is asked.
    pub run: Run,
}

impl Learning {
    /// Trains, and makes the bundle of the version.
    pub fn run(self) -> Result<Bundle, Ending> {
        self.run.context.progress(0.0, "reading");
        let table = Table::read(BufReader::new(&self.file))?;
        let plan = Plan::new(self.run.seed());
        let (model, report) = self.train(&table, &plan)?;
        self.run.context.progress(1.0, "keeping");
        let weights = export(&model, &report)?;
        // The answers that count are those of the file, whose leaves are single precision.
        let (model, _) = import(&weights)?;
        let golden = golden(&model, &table)?;
        let data = DataWindow {
            fingerprint: report.fingerprint.clone(),
            rows: report.rows as u64,
            from: self.dataset.covers_from.clone(),
            to: self.dataset.covers_to.clone(),
        };
        let metrics = figures(&report.inner)?;
        let about = self.run.about("maxbooster churn", data, metrics);
        let bundle = Bundle::make(about, weights, golden, &self.run.runtime)?;
        Ok(bundle)
    }

    fn train(&self, table: &Table, plan: &Plan) -> Result<(Model, Report), Ending> {
        let mut states = self.run.states()?;
        let state = states.recall(STATE, |bytes| Training::of_bytes(&bytes).ok())?;
        let choice = Choice::default();
        let mut watch = self.run.watch();
        let mut keep = |training: &Training| states.keep(STATE, training.to_bytes());
        let target = self.dataset.target.as_str();
        let trained = Training::resume(state, table, target, &choice, plan, &mut watch, &mut keep);
        Ok(trained?)
    }
}

/// The figures by their names.
fn figures(metrics: &Metrics) -> Result<BTreeMap<String, f64>, Ending> {
    let unsaid = |error: serde_json::Error| MlError::Data(error.to_string());
    let figures = serde_json::to_value(metrics).map_err(unsaid)?;
    Ok(serde_json::from_value(figures).map_err(unsaid)?)
}

/// Rows from all over the table, as the model sees them.
fn golden(model: &Model, table: &Table) -> Result<Vec<Vec<Option<f64>>>, Ending> {
    let count = table.rows().len();
    let most = GOLDEN.min(count);
    let places: Vec<usize> = (0..most).map(|place| place * count / most).collect();
    let matrix = model.schema.encode(&table.select(&places))?;
    let rows = (0..matrix.rows()).map(|row| matrix.row(row).into_iter().map(known).collect());
    Ok(rows.collect())
}

fn known(value: f32) -> Option<f64> {
    (!value.is_nan()).then_some(f64::from(value))
}
