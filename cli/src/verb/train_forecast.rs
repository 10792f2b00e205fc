//! `train-forecast`: one forecaster from the series of a file.

use std::fs;
use std::process::ExitCode;

use ml::Unwatched;
use ml::forecast::global::{Settings, Training};
use ml::forecast::read_all;
use ml::onnx::encode;
use ml::table::open;

use crate::answer::coded;
use crate::args::TrainForecastArgs;

/// Trains, writes the model, and says what it was trained on.
pub fn run(args: &TrainForecastArgs) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::new(args.horizon, args.season);
    (settings.seed, settings.members, settings.steps) = (args.seed, args.networks, args.steps);
    let training = open(&args.input)
        .and_then(read_all)
        .and_then(|series| {
            let mut training = Training::new(&series, &settings)?;
            training.run(&mut Unwatched)?;
            Ok(training)
        })
        .map_err(|error| coded(&args.input, &error))?;
    let told = training.told();
    let bytes = training
        .finish()
        .model(&told.metadata())
        .map(|model| encode(&model))
        .map_err(|error| coded(&args.model_out, &error))?;
    fs::write(&args.model_out, bytes).map_err(|error| coded(&args.model_out, &error.into()))?;
    say!(
        "{} series of {} values learned from, {} left out (too short, constant or with values below 0)",
        told.series,
        told.values,
        told.left_out
    );
    Ok(ExitCode::SUCCESS)
}
