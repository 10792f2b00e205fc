//! `eval nab`: the detector on the Numenta Anomaly Benchmark.

use std::process::ExitCode;
use std::time::Instant;

use ml::detect::nab::{Corpus, PUBLISHED, evaluate};
use serde_json::json;

use crate::answer::coded;
use crate::args::EvalNabArgs;

/// Scores every file, then prints the three profiles and the scoreboard.
pub fn run(args: &EvalNabArgs) -> anyhow::Result<ExitCode> {
    let corpus = Corpus::read(&args.data).map_err(|error| coded(&args.data, &error))?;
    let began = Instant::now();
    let scores: Vec<Vec<f64>> = corpus
        .files
        .iter()
        .map(|file| file.series.scores())
        .collect();
    let speed = corpus.points() as f64 / began.elapsed().as_secs_f64();
    let reports = evaluate(&corpus, &scores);
    if args.json {
        for report in &reports {
            say!("{}", serde_json::to_string(report)?);
        }
        say!(
            "{}",
            json!({ "points_per_second": speed, "points": corpus.points() })
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!(
        "{} files, {} windows, {} points, {speed:.0} points a second",
        corpus.files.len(),
        corpus.windows(),
        corpus.points()
    );
    say!();
    say!(
        "{:<10} {:>12} {:>16} {:>8} {:>10}",
        "profile",
        "split halves",
        "(least–most)",
        "best",
        "threshold"
    );
    for report in &reports {
        let range = format!(
            "({:.1}–{:.1})",
            report.split_half_range.0, report.split_half_range.1
        );
        say!(
            "{:<10} {:>12.1} {range:>16} {:>8.1} {:>10.4}",
            report.profile,
            report.split_half,
            report.best,
            report.threshold
        );
    }
    say!();
    say!(
        "split halves: each half of the files at the threshold that is best for the other, the mean of"
    );
    say!(
        "20 random divisions. best: at the threshold that is best for these files, as the scoreboard has"
    );
    say!("it for its 58 files; a part of the files scores differently from the whole.");
    say!();
    say!("scoreboard, standard profile, 58 files:");
    for entry in PUBLISHED {
        say!("  {:<22} {:>5.1}", entry.detector, entry.standard);
    }
    Ok(ExitCode::SUCCESS)
}
