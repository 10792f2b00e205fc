//! `eval`: models measured on public data, beside others' figures.

mod churn;
mod nab;

use std::process::ExitCode;

use crate::args::EvalVerb;

/// Measures and prints a table.
pub fn run(verb: EvalVerb) -> anyhow::Result<ExitCode> {
    match verb {
        EvalVerb::Churn(args) => churn::run(&args),
        EvalVerb::Nab(args) => nab::run(&args),
    }
}
