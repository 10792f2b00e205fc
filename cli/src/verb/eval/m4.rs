//! `eval m4`: forecasts of a folder's files of series against what followed.

use std::path::Path;
use std::process::ExitCode;

use ml::forecast::Forecaster;
use ml::forecast::eval::{Group, Report, evaluate, groups};
use ml::{MlError, Unwatched};
use serde_json::json;

use crate::answer::coded;
use crate::args::EvalM4Args;
use crate::verb::forecast::{forecaster, threads};

/// Forecasts each file by its histories alone, then measures against what followed.
pub fn run(config: Option<&Path>, args: &EvalM4Args) -> anyhow::Result<ExitCode> {
    let mut by = forecaster(config, &args.model)?;
    let paths = groups(&args.data).map_err(|error| coded(&args.data, &error))?;
    if !args.json {
        say!(
            "{:<26} {:<22} {:>7} {:>8} {:>7} {:>7} {:>15} {:>9} {:>8}",
            "group",
            "model",
            "series",
            "sMAPE",
            "MASE",
            "OWA",
            "(95 %)",
            "coverage",
            "seconds"
        );
    }
    for path in paths {
        let group = Group::read(&path).map_err(|error| coded(&path, &error))?;
        match evaluate(&group, &mut by, threads(), &mut Unwatched) {
            Ok(report) => print(&args.model, &group, &report, args.json),
            Err(MlError::ModelMismatch(why)) => eprintln!("{}: left out: {why}", group.name),
            Err(error) => return Err(coded(&path, &error)),
        }
    }
    if !args.json {
        say!();
        say!(
            "OWA: sMAPE and MASE over those of Naive2, halved. 95 %: of groups redrawn with replacement, a"
        );
        say!(
            "track of several countries at once. coverage: of the interval from q10 to q90, meant to be 80 %."
        );
        say!("Others' figures are of the held-out halves: other series of the same sources.");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(model: &str, group: &Group, report: &Report, as_json: bool) {
    let tally = &report.tally;
    if as_json {
        let peers = group.peers().map(|peer| {
            json!({
                "model": peer.name, "smape": peer.smape, "mase": peer.mase, "owa": peer.owa,
                "of": "the held-out half",
            })
        });
        let line = json!({
            "group": group.name, "model": model, "series": tally.count, "smape": tally.smape(),
            "mase": tally.mase(), "owa": tally.owa(), "owa_range": report.owa_range,
            "coverage": tally.coverage(), "msis": tally.msis(), "seconds": report.seconds,
            "peers": peers.collect::<Vec<_>>(),
        });
        say!("{line}");
        return;
    }
    let name = if Forecaster::named(model).is_some() {
        model
    } else {
        "the file"
    };
    let range = format!("({:.3}–{:.3})", report.owa_range.0, report.owa_range.1);
    say!(
        "{:<26} {name:<22} {:>7} {:>8.3} {:>7.3} {:>7.3} {range:>15} {:>9.3} {:>8.1}",
        group.name,
        tally.count,
        tally.smape(),
        tally.mase(),
        tally.owa(),
        tally.coverage(),
        report.seconds
    );
    for peer in group.peers() {
        say!(
            "{:<26} {:<22} {:>7} {:>8.3} {:>7.3} {:>7.3}",
            "",
            peer.name,
            "",
            peer.smape,
            peer.mase,
            peer.owa
        );
    }
}
