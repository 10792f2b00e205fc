//! What can be typed.

mod album;
mod filter;
mod insight;
mod master;
mod ops;
mod wish;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use config::MOST_SLOTS;
use uuid::Uuid;

pub use album::AlbumArgs;
pub use insight::{
    DetectArgs, EvalChurnArgs, EvalM4Args, EvalNabArgs, EvalUpkeepArgs, EvalVerb, ForecastArgs,
    ScoreChurnArgs, TrainChurnArgs, TrainForecastArgs,
};
pub use master::{MasterArgs, OutputArg};
pub use ops::{
    ActsVerb, By, EffectsVerb, FlowsVerb, JobsVerb, Limit, LimitsVerb, List, OperatorsVerb,
    QueuesVerb, SchedulesVerb, WorkersVerb,
};
pub use wish::{BitsArg, FormatArg, WishArgs};

/// The job platform for music artists.
///
/// Without a verb: starts everything in one process, at <http://127.0.0.1:8080> unless the settings
/// say otherwise, and keeps its data under ./data.
#[derive(Debug, Parser)]
#[command(version, name = "maxbooster")]
pub struct Args {
    /// A settings file. Every setting can also come from the environment, as in
    /// `MAXBOOSTER__SERVER__BIND=127.0.0.1:9000`; `check-config` shows them all.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do; `up` when absent.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// All roles in one process (the default).
    Up,
    /// The HTTP intake alone; workers run elsewhere.
    Intake,
    /// Workers alone.
    Worker(WorkerArgs),
    /// Brings the database to this program's schema.
    Migrate,
    /// Prints the settings in force and where each came from.
    CheckConfig,
    /// Looks at jobs and acts on them, of all artists.
    #[command(subcommand)]
    Jobs(JobsVerb),
    /// Looks at queues, pauses, resumes, drains and limits them.
    #[command(subcommand)]
    Queues(QueuesVerb),
    /// Sets and lists limits of keys: how many of their jobs run at once, and how often they start.
    #[command(subcommand)]
    Limits(LimitsVerb),
    /// Looks at schedules and acts on them.
    #[command(subcommand)]
    Schedules(SchedulesVerb),
    /// Looks at the workers.
    #[command(subcommand)]
    Workers(WorkersVerb),
    /// Looks at what jobs did outside, and settles what nobody but a person can tell.
    #[command(subcommand)]
    Effects(EffectsVerb),
    /// Looks at flows of jobs and cancels them.
    #[command(subcommand)]
    Flows(FlowsVerb),
    /// Looks at what people did.
    #[command(subcommand)]
    Acts(ActsVerb),
    /// Adds and lists the operators who may use /v1/admin, and revokes their tokens.
    #[command(subcommand)]
    Operators(OperatorsVerb),
    /// Adds, lists and erases artists, and their API tokens.
    #[command(subcommand)]
    Artists(ArtistsVerb),
    /// Masters a local file, through the same queue and workers as the platform.
    Master(Box<MasterArgs>),
    /// Masters local files that belong together: they keep their loudness against each other and
    /// share their tone.
    Album(Box<AlbumArgs>),
    /// Prints loudness and peaks of local files.
    Measure(MeasureArgs),
    /// Prints what is found in a local file: key, tempo, faults and where they are; and draws it.
    Analyze(AnalyzeArgs),
    /// Forecasts the series of a local file, with bounds that hold 80 % of what comes.
    Forecast(ForecastArgs),
    /// Trains one forecaster on the series of a local file, and writes it as ONNX.
    TrainForecast(TrainForecastArgs),
    /// Trains a churn model on a local file, and writes it as ONNX.
    TrainChurn(TrainChurnArgs),
    /// Scores the rows of a local file with a churn model.
    ScoreChurn(ScoreChurnArgs),
    /// Scores how anomalous each point of a local series is, by the points before it.
    Detect(DetectArgs),
    /// Tries a model file of others in this process, which may end of it.
    #[command(hide = true)]
    ProbeModel {
        /// The file.
        file: PathBuf,
    },
    /// Measures models on public data, beside others' figures.
    #[command(subcommand)]
    Eval(EvalVerb),
    /// Measures this program on this machine.
    #[command(subcommand)]
    Bench(BenchVerb),
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum BenchVerb {
    /// The queue: storing, draining and picking up jobs, and turns among artists.
    Queue(QueueBenchArgs),
    /// Mastering: whole files, each measured and mastered, in processor time and memory.
    Master(MasterBenchArgs),
}

/// How to measure mastering.
#[derive(Debug, clap::Args)]
pub struct MasterBenchArgs {
    /// The files, each on its own.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<std::path::PathBuf>,
    /// Rounds; the one with the least processor time counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Integrated loudness to reach, LUFS.
    #[arg(long, default_value_t = -14.0, allow_negative_numbers = true)]
    pub lufs: f64,
    /// Highest true peak, dBTP.
    #[arg(long, default_value_t = -1.0, allow_negative_numbers = true)]
    pub ceiling: f64,
    /// A preset by name.
    #[arg(long, default_value = audio::preset::DEFAULT)]
    pub preset: String,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// How to measure the queue.
#[derive(Debug, clap::Args)]
pub struct QueueBenchArgs {
    /// What to measure, one after another. On one database only one mode can be measured: it
    /// must hold no jobs, and the jobs measured are left in it.
    #[arg(value_enum, required = true)]
    pub modes: Vec<bench::Mode>,
    /// A database of its own, postgres://… or sqlite:PATH; a new SQLite file for each mode,
    /// deleted afterwards, when absent.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// Redis for wake-ups; the database's own means when absent.
    #[arg(long, value_name = "URL")]
    pub redis_url: Option<String>,
    /// How many jobs.
    #[arg(long, default_value_t = 100_000)]
    pub jobs: u64,
    /// How many wait besides: drain-backlog, and the first artist's in fairness.
    #[arg(long, default_value_t = 100_000)]
    pub backlog: u64,
    /// How many other artists have one job each: fairness.
    #[arg(long, default_value_t = 10_000)]
    pub tenants: u64,
    /// Callers at once: enqueue-single, enqueue-coalesced.
    #[arg(long, default_value_t = 32)]
    pub callers: usize,
    /// Jobs of one batch: enqueue-many.
    #[arg(long, default_value_t = 1000)]
    pub batch: usize,
    /// Bodies at once: drains, fairness.
    #[arg(long, default_value_t = 4000)]
    pub concurrency: usize,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Which queues a worker drains.
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    /// Queues and how many of their jobs run at a time, as in studio=2; 0 means one for each
    /// processor core. The settings' [workers.queues] when absent.
    #[arg(long, value_name = "QUEUE=N,…", value_delimiter = ',', value_parser = queue_slots)]
    pub queues: Vec<(String, u32)>,
}

fn queue_slots(text: &str) -> Result<(String, u32), String> {
    let (queue, slots) = text
        .split_once('=')
        .ok_or("write QUEUE=NUMBER, as in studio=2")?;
    let slots = slots
        .parse()
        .ok()
        .filter(|slots| *slots <= MOST_SLOTS)
        .ok_or_else(|| format!("the number of jobs at a time must be 0 to {MOST_SLOTS}"))?;
    Ok((queue.to_owned(), slots))
}

/// Verbs on artists.
#[derive(Debug, Subcommand)]
pub enum ArtistsVerb {
    /// Lists artists.
    Ls,
    /// Adds an artist and prints its token, once.
    Add {
        /// The artist's name.
        name: String,
    },
    /// Lists an artist's tokens.
    Tokens {
        /// The artist.
        artist: Uuid,
    },
    /// Makes another token for an artist and prints it, once.
    AddToken {
        /// The artist.
        artist: Uuid,
        /// What the token is for.
        #[arg(long, default_value = "cli")]
        name: String,
    },
    /// Revokes a token.
    RevokeToken {
        /// The artist.
        artist: Uuid,
        /// The token's id, as `tokens` lists it.
        token: Uuid,
    },
    /// Erases an artist: tokens, tracks, masters, metrics, models, jobs, schedules, files.
    ///
    /// Without --yes it only says what would go. Nothing stays but the record of this act, and it can't
    /// be undone. When it was stopped on its way, it goes on from there with the same command; the
    /// keeper would too, within the hour.
    Erase(EraseArgs),
}

/// How to erase an artist.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// The artist's id, or its name where no other has it.
    pub artist: String,
    /// Does it.
    #[arg(long)]
    pub yes: bool,
    /// Gives up what its jobs did outside where nobody knows whether it happened; else that refuses.
    #[arg(long)]
    pub abandon_effects: bool,
    /// How long its running jobs may take to stop.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=3600))]
    pub wait: u64,
    #[command(flatten)]
    pub by: By,
}

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct MeasureArgs {
    /// The files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// What to analyse.
#[derive(Debug, clap::Args)]
pub struct AnalyzeArgs {
    /// The file.
    pub file: PathBuf,
    /// Everything that was found, as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Writes the waveform's peaks in the form of audiowaveform: as JSON where the name ends in
    /// .json, else as .dat.
    #[arg(long, value_name = "FILE")]
    pub peaks: Option<PathBuf>,
    /// Writes a grey picture of the spectrum over time.
    #[arg(long, value_name = "FILE.png")]
    pub spectrogram: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn queues_are_read_as_names_and_numbers() {
        let args = Args::parse_from(["maxbooster", "worker", "--queues", "studio=2,mail=8"]);
        let Some(Verb::Worker(worker)) = args.verb else {
            panic!("{args:?}")
        };
        assert_eq!(
            worker.queues,
            [("studio".to_owned(), 2), ("mail".to_owned(), 8)]
        );
    }
}
