//! `train-churn`: a churn model from a file of rows.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use ml::churn::{Choice, Plan, Training, export};
use ml::table::{Table, open};
use ml::{MlError, Unwatched};

use crate::answer::coded;
use crate::args::TrainChurnArgs;

/// Trains, writes model and report, and says how good it is.
pub fn run(args: &TrainChurnArgs) -> anyhow::Result<ExitCode> {
    let table = read(&args.input).map_err(|error| coded(&args.input, &error))?;
    let choice = Choice {
        only: args.columns.clone(),
        drop: args.drop.clone(),
    };
    let plan = Plan::new(args.seed);
    let (model, report) = Training::run(&table, &args.target, &choice, &plan, &mut Unwatched)
        .map_err(|error| coded(&args.input, &error))?;
    let bytes = export(&model, &report).map_err(|error| coded(&args.model_out, &error))?;
    fs::write(&args.model_out, bytes).map_err(|error| coded(&args.model_out, &error.into()))?;
    if let Some(path) = &args.report {
        fs::write(path, serde_json::to_string_pretty(&report)? + "\n")
            .map_err(|error| coded(path, &error.into()))?;
    }
    for dropped in &report.dropped {
        say!("not learned from {}: {}", dropped.column, dropped.because);
    }
    say!(
        "{} rows, {} runs of {} trees of depth {}; inner cross-validation: AUC {:.4}, log-loss {:.4}, \
         calibration error {:.4}",
        report.rows,
        report.runs,
        report.trees,
        report.settings.depth,
        report.inner.auc,
        report.inner.log_loss,
        report.inner.ece
    );
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Table, MlError> {
    Table::read(open(path)?)
}
