//! `score-churn`: each row's probability to leave.

use std::fs;
use std::process::ExitCode;

use ml::churn::import;
use ml::table::{Table, create, open};

use crate::answer::coded;
use crate::args::ScoreChurnArgs;

/// Writes one line a row, in the order of the rows.
pub fn run(args: &ScoreChurnArgs) -> anyhow::Result<ExitCode> {
    let bytes = fs::read(&args.model).map_err(|error| coded(&args.model, &error.into()))?;
    let (model, _) = import(&bytes).map_err(|error| coded(&args.model, &error))?;
    let probabilities = open(&args.input)
        .and_then(Table::read)
        .and_then(|table| model.score(&table))
        .map_err(|error| coded(&args.input, &error))?;
    create(&args.output, |file| {
        writeln!(file, "probability")?;
        for probability in &probabilities {
            writeln!(file, "{probability}")?;
        }
        Ok(())
    })
    .map_err(|error| coded(&args.output, &error))?;
    Ok(ExitCode::SUCCESS)
}
