//! `forecast`: what is expected of each series of a file.

use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

use ml::Unwatched;
use ml::forecast::global::Served;
use ml::forecast::{Forecaster, read_all, write_line};
use ml::runtime::Runtime;
use ml::table::{create, open};

use crate::answer::coded;
use crate::args::ForecastArgs;
use crate::platform::settings;

/// Writes one line a series, in the order of the series.
pub fn run(config: Option<&Path>, args: &ForecastArgs) -> anyhow::Result<ExitCode> {
    let mut by = forecaster(config, &args.model)?;
    by.fits(args.season, args.horizon)
        .map_err(|error| coded(Path::new(&args.model), &error))?;
    let forecasts = open(&args.input)
        .and_then(read_all)
        .and_then(|series| {
            by.forecast(
                &series,
                args.season,
                args.horizon,
                threads(),
                &mut Unwatched,
            )
        })
        .map_err(|error| coded(&args.input, &error))?;
    create(&args.output, |file| {
        forecasts
            .iter()
            .try_for_each(|forecast| write_line(&mut *file, forecast))
    })
    .map_err(|error| coded(&args.output, &error))?;
    Ok(ExitCode::SUCCESS)
}

/// The forecaster of this name, or of the file there.
pub fn forecaster(config: Option<&Path>, model: &str) -> anyhow::Result<Forecaster> {
    if let Some(named) = Forecaster::named(model) {
        return Ok(named);
    }
    let path = Path::new(model);
    if path.extension().is_none_or(|extension| extension != "onnx") {
        let names = Forecaster::NAMES.join(", ");
        anyhow::bail!("--model: must be {names} or a file named ….onnx, not {model}");
    }
    let settings = settings(config)?;
    let bytes = std::fs::read(path).map_err(|error| coded(path, &error.into()))?;
    let served = Runtime::open(settings.ml.native_library())
        .and_then(|runtime| Served::load(&runtime, &bytes))
        .map_err(|error| coded(path, &error))?;
    Ok(Forecaster::File(Box::new(served)))
}

/// As many threads as this process may use.
pub fn threads() -> usize {
    available_parallelism().map_or(1, usize::from)
}
