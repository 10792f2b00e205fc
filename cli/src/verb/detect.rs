//! `detect`: how anomalous each point of a series is, by the points before it.

use std::process::ExitCode;

use ml::detect::series::Series;
use ml::table::{create, open};

use crate::answer::coded;
use crate::args::DetectArgs;

/// Writes one line a point, in the order of the points.
pub fn run(args: &DetectArgs) -> anyhow::Result<ExitCode> {
    let series = open(&args.input)
        .and_then(Series::read)
        .map_err(|error| coded(&args.input, &error))?;
    let scores = series.scores();
    create(&args.output, |file| series.write(&scores, file))
        .map_err(|error| coded(&args.output, &error))?;
    Ok(ExitCode::SUCCESS)
}
