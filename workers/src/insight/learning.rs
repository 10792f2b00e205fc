//! The part of a training that keeps a core busy: from rows to a bundle, going on behind what an
//! earlier attempt kept.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;

use audio::Workspace;
use ml::MlError;
use ml::churn::{Choice, Metrics, Model, Plan, Report, Training, export, import};
use ml::registry::{About, Bundle, DataWindow, Trainer, Version};
use ml::runtime::Runtime;
use ml::table::Table;
use models::datasets::DatasetRow;
use models::trainings::TrainingRow;
use queue::{Context, LogLevel};

use super::watch::Watch;
use crate::ending::Ending;
use crate::studio::kept::Kept;

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
    pub training: TrainingRow,
    /// The version that is champion now.
    pub parent: Option<Version>,
    /// Where states are kept.
    pub kept_dir: PathBuf,
    /// What runs graphs.
    pub runtime: Runtime,
    /// The job.
    pub context: Context,
}

impl Learning {
    /// Trains, and makes the bundle of the version.
    pub fn run(self) -> Result<Bundle, Ending> {
        self.context.progress(0.0, "reading");
        let table = Table::read(BufReader::new(&self.file))?;
        let plan = Plan::new(self.training.seed.unsigned_abs());
        let (model, report) = self.train(&table, &plan)?;
        self.context.progress(1.0, "keeping");
        let weights = export(&model, &report)?;
        // The answers that count are those of the file, whose leaves are single precision.
        let (model, _) = import(&weights)?;
        let golden = golden(&model, &table)?;
        let bundle = Bundle::make(self.about(&report)?, weights, golden, &self.runtime)?;
        Ok(bundle)
    }

    fn train(&self, table: &Table, plan: &Plan) -> Result<(Model, Report), Ending> {
        let mut kept = Kept::open(self.kept_dir.clone())?;
        let state = self.kept_state(&mut kept)?;
        let choice = Choice::default();
        let mut watch = Watch::new(self.context.clone(), "training");
        let mut keep = |training: &Training| {
            // A state that can't be kept costs time should this attempt die, and nothing else.
            if let Err(error) = seal(&mut kept, training) {
                tracing::warn!(%error, "the state of a training was not kept");
            }
        };
        let target = self.dataset.target.as_str();
        let trained = Training::resume(state, table, target, &choice, plan, &mut watch, &mut keep);
        Ok(trained?)
    }

    /// What an earlier attempt kept. A file that can't be read is as good as none: the run begins
    /// anew.
    fn kept_state(&self, kept: &mut Kept) -> Result<Option<Training>, Ending> {
        let Some(mut file) = kept.recall(STATE)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (line, state) = match Training::of_bytes(&bytes) {
            Ok(state) => ("going on behind an earlier attempt", Some(state)),
            Err(_) => ("what an earlier attempt kept can't be read", None),
        };
        self.context.log(LogLevel::Info, line);
        Ok(state)
    }

    fn about(&self, report: &Report) -> Result<About, Ending> {
        Ok(About {
            tenant: self.training.artist_id.to_string(),
            model: self.training.model.clone(),
            data: DataWindow {
                fingerprint: report.fingerprint.clone(),
                rows: report.rows as u64,
                from: self.dataset.covers_from.clone(),
                to: self.dataset.covers_to.clone(),
            },
            trainer: Trainer {
                name: "maxbooster churn".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                seed: report.seed,
            },
            metrics: figures(&report.inner)?,
            parent: self.parent,
        })
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

fn seal(kept: &mut Kept, training: &Training) -> ml::Result<()> {
    let bytes = training.to_bytes()?;
    kept.scratch(STATE)?.write_all(&bytes)?;
    Ok(kept.seal(STATE)?)
}
