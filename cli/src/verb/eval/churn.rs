//! `eval churn`: five folds of each set of rows.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use ml::Unwatched;
use ml::churn::{Outcome, PEERS, TRACKS, Track, evaluate};
use ml::table::create;
use serde_json::json;

use crate::answer::coded;
use crate::args::EvalChurnArgs;

/// Trains on four fifths, measures on the fifth, five times for each set.
pub fn run(args: &EvalChurnArgs) -> anyhow::Result<ExitCode> {
    if let Some(unknown) = args
        .tracks
        .iter()
        .find(|name| !TRACKS.iter().any(|track| track.name == **name))
    {
        anyhow::bail!("--tracks: there is no set {unknown}");
    }
    if !args.json {
        say!(
            "{:<15} {:<12} {:>6} {:>7} {:>8} {:>7} {:>7} {:>9} {:>9} {:>8}",
            "set",
            "model",
            "AUC",
            "PR-AUC",
            "log-loss",
            "Brier",
            "ECE",
            "lift@10%",
            "p99 µs",
            "train s"
        );
    }
    let wanted = |track: &&Track| {
        args.tracks.is_empty() || args.tracks.iter().any(|name| name == track.name)
    };
    for track in TRACKS.iter().filter(wanted) {
        let table = track
            .read(&args.data)
            .map_err(|error| coded(&args.data, &error))?;
        let outcome = evaluate(&table, &track.choice(&table), args.seed, &mut Unwatched)
            .map_err(|error| coded(&args.data, &error))?;
        if let Some(folder) = &args.predictions {
            write(folder, track.name, &outcome)?;
        }
        print(track.name, &outcome, args.json)?;
    }
    if !args.json {
        say!();
        say!("Means of five folds; ECE of all rows together. A row's fold is its place modulo 5.");
        say!(
            "Others' figures: the same folds of the development data, by benches/peers/churn/run.py."
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn print(track: &str, outcome: &Outcome, as_json: bool) -> anyhow::Result<()> {
    let mean = &outcome.mean;
    let micros = outcome.p99.as_secs_f64() * 1e6;
    let seconds = outcome.trained_in.as_secs_f64();
    if as_json {
        let line = json!({
            "track": track, "mean": mean, "folds": outcome.folds,
            "p99_micros": micros, "trained_in_seconds": seconds,
        });
        say!("{}", serde_json::to_string(&line)?);
        return Ok(());
    }
    say!(
        "{track:<15} {:<12} {:>6.4} {:>7.4} {:>8.4} {:>7.4} {:>7.4} {:>9.2} {micros:>9.1} {seconds:>8.1}",
        "ours",
        mean.auc,
        mean.pr_auc,
        mean.log_loss,
        mean.brier,
        mean.ece,
        mean.lift_at_10
    );
    for peer in PEERS.iter().filter(|peer| peer.track == track) {
        say!(
            "{:<15} {:<12} {:>6.4} {:>7.4} {:>8.4} {:>7.4} {:>7.4} {:>9.2}",
            "",
            peer.name,
            peer.auc,
            peer.pr_auc,
            peer.log_loss,
            peer.brier,
            peer.ece,
            peer.lift_at_10
        );
    }
    Ok(())
}

fn write(folder: &Path, track: &str, outcome: &Outcome) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{track}.csv"));
    create(&path, |file| {
        writeln!(file, "probability")?;
        for probability in &outcome.probabilities {
            writeln!(file, "{probability}")?;
        }
        Ok(())
    })
    .map_err(|error| coded(&path, &error))
}
