//! `eval`: models measured on public data, beside others' figures, and upkeep on made-up rows.

mod churn;
mod m4;
mod nab;
mod upkeep;

use std::path::Path;
use std::process::ExitCode;

use crate::args::EvalVerb;

/// Measures and prints a table.
pub fn run(config: Option<&Path>, verb: EvalVerb) -> anyhow::Result<ExitCode> {
    match verb {
        EvalVerb::Churn(args) => churn::run(&args),
        EvalVerb::M4(args) => m4::run(config, &args),
        EvalVerb::Nab(args) => nab::run(&args),
        EvalVerb::Upkeep(args) => upkeep::run(&args),
    }
}
