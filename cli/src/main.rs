//! `maxbooster`: the whole platform in one binary, in several roles.

#[macro_use]
mod say;

mod answer;
mod args;
mod desk;
mod local;
mod owner;
mod platform;
mod stop;
mod table;
mod telemetry;
mod verb;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Verb};

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let code = match runtime.block_on(run(args)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    };
    // A body that doesn't look at its token must not keep the process from ending.
    runtime.shutdown_background();
    code
}

async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.config.as_deref();
    match args.verb.unwrap_or(Verb::Up) {
        Verb::Up => verb::up::run(config).await?,
        Verb::Intake => verb::intake::run(config).await?,
        Verb::Worker(worker) => verb::worker::run(config, &worker).await?,
        Verb::Migrate => verb::migrate::run(config).await?,
        Verb::CheckConfig => verb::check_config::run(config)?,
        Verb::Jobs(jobs) => return verb::jobs::run(config, jobs).await,
        Verb::Limits(limits) => return verb::limits::run(config, limits).await,
        Verb::Queues(queues) => return verb::queues::run(config, queues).await,
        Verb::Schedules(schedules) => return verb::schedules::run(config, schedules).await,
        Verb::Workers(workers) => return verb::workers::run(config, workers).await,
        Verb::Effects(effects) => return verb::effects::run(config, effects).await,
        Verb::Flows(flows) => return verb::flows::run(config, flows).await,
        Verb::Acts(acts) => return verb::acts::run(config, acts).await,
        Verb::Operators(operators) => verb::operators::run(config, operators).await?,
        Verb::Artists(artists) => return verb::artists::run(config, artists).await,
        Verb::Master(master) => return verb::master::run(config, master).await,
        Verb::Album(album) => return verb::album::run(config, album).await,
        Verb::Bench(bench) => verb::bench::run(bench).await?,
        Verb::Measure(measure) => return Ok(verb::measure::run(&measure)),
        Verb::Forecast(args) => return verb::forecast::run(config, &args),
        Verb::TrainForecast(args) => return verb::train_forecast::run(&args),
        Verb::TrainChurn(args) => return verb::train_churn::run(&args),
        Verb::ScoreChurn(args) => return verb::score_churn::run(&args),
        Verb::Detect(args) => return verb::detect::run(&args),
        Verb::ProbeModel { file } => return verb::probe_model::run(config, &file),
        Verb::Eval(verb) => return verb::eval::run(config, verb),
        Verb::Analyze(analyze) => return verb::analyze::run(&analyze),
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("maxbooster: {error:#}");
    ExitCode::FAILURE
}
