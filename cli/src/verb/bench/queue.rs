//! `bench queue`: measures the queue engine on a database of its own.

use anyhow::Context as _;
use bench::{Figure, Settings};

use crate::args::QueueBenchArgs;

/// Runs the modes one after another and prints each figure.
pub async fn run(args: QueueBenchArgs) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir().context("no temporary folder can be made")?;
    if !args.json {
        say!("{}", bench::machine());
    }
    for (number, mode) in args.modes.iter().enumerate() {
        let url = args.database_url.clone().unwrap_or_else(|| {
            let file = scratch.path().join(format!("bench-{number}.db"));
            format!("sqlite:{}", file.display())
        });
        for figure in bench::run(*mode, &settings(&args, url)).await? {
            print(&figure, args.json)?;
        }
    }
    Ok(())
}

fn print(figure: &Figure, json: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", serde_json::to_string(figure)?);
    } else {
        say!("{figure}");
    }
    Ok(())
}

fn settings(args: &QueueBenchArgs, database_url: String) -> Settings {
    Settings {
        database_url,
        redis_url: args.redis_url.clone(),
        jobs: args.jobs,
        backlog: args.backlog,
        tenants: args.tenants,
        callers: args.callers,
        batch: args.batch,
        concurrency: args.concurrency,
        ..Settings::default()
    }
}
