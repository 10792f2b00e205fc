//! `eval upkeep`: how often upkeep decides wrongly, and how often it finds what there is to find.

use std::process::ExitCode;

use ml::upkeep::{Policy, Rule, simulate};

use crate::args::EvalUpkeepArgs;

/// Cases in which nothing has changed or two versions are equally good, each followed by those in which there
/// is something to find.
const CASES: [Rule; 23] = [
    Rule::Drift {
        rows: 200,
        moved: 0.0,
    },
    Rule::Drift {
        rows: 1000,
        moved: 0.0,
    },
    Rule::Drift {
        rows: 5000,
        moved: 0.0,
    },
    Rule::Drift {
        rows: 200,
        moved: 0.5,
    },
    Rule::Drift {
        rows: 1000,
        moved: 0.5,
    },
    Rule::Drift {
        rows: 200,
        moved: 1.0,
    },
    Rule::Error {
        rows: 300,
        moved: 0.0,
    },
    Rule::Error {
        rows: 1000,
        moved: 0.0,
    },
    Rule::Error {
        rows: 300,
        moved: 1.0,
    },
    Rule::Error {
        rows: 1000,
        moved: 1.0,
    },
    Rule::Promotion { spread: 1.0 },
    Rule::Promotion { spread: 1.25 },
    Rule::Promotion { spread: 1.5 },
    Rule::Promotion { spread: 2.0 },
    Rule::Forecasts {
        series: 16,
        gain: 0.0,
    },
    Rule::Forecasts {
        series: 100,
        gain: 0.0,
    },
    Rule::Forecasts {
        series: 16,
        gain: 0.03,
    },
    Rule::Forecasts {
        series: 100,
        gain: 0.03,
    },
    Rule::Forecasts {
        series: 16,
        gain: 0.06,
    },
    Rule::RollBack { spread: 1.0 },
    Rule::RollBack { spread: 1.25 },
    Rule::RollBack { spread: 1.5 },
    Rule::RollBack { spread: 2.0 },
];

/// Simulates every case under the usual policy.
pub fn run(args: &EvalUpkeepArgs) -> anyhow::Result<ExitCode> {
    if !args.json {
        say!("{:<58} {:>12} {:>16}", "case", "gain", "decided of 1,000");
    }
    for rule in CASES {
        let policy = Policy::usual(rule.task());
        let rates = simulate(rule, &policy, args.runs as usize, args.seed);
        if args.json {
            say!("{}", serde_json::to_string(&rates)?);
            continue;
        }
        let gain = rates
            .gain
            .map_or_else(String::new, |gain| format!("{gain:.4}"));
        let case = rates.rule.to_string();
        say!("{case:<58} {gain:>12} {:>16.1}", rates.per_thousand);
    }
    Ok(ExitCode::SUCCESS)
}
