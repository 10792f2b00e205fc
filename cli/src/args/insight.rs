//! What can be typed of models on local files.

use std::path::PathBuf;

use clap::Subcommand;

/// What to train a churn model on.
#[derive(Debug, clap::Args)]
pub struct TrainChurnArgs {
    /// The rows: CSV with a header, compressed where the name ends in .gz.
    #[arg(long, value_name = "FILE.csv")]
    pub input: PathBuf,
    /// The column to predict: 1, yes or true, against 0, no or false.
    #[arg(long, value_name = "COLUMN")]
    pub target: String,
    /// Where the model goes.
    #[arg(long, value_name = "FILE.onnx")]
    pub model_out: PathBuf,
    /// Where what was found out on the way goes, as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Decides all that is random: the same rows and seed give the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Learn from these columns alone.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Don't learn from these columns.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub drop: Vec<String>,
}

/// What to score with a churn model.
#[derive(Debug, clap::Args)]
pub struct ScoreChurnArgs {
    /// A model that `train-churn` made.
    #[arg(long, value_name = "FILE.onnx")]
    pub model: PathBuf,
    /// The rows: CSV with the columns that the model was trained on, in any order.
    #[arg(long, value_name = "FILE.csv")]
    pub input: PathBuf,
    /// Where the probabilities go: CSV with one column, `probability`, in the order of the rows.
    #[arg(long, value_name = "FILE.csv")]
    pub output: PathBuf,
}

/// Where to look for anomalies.
#[derive(Debug, clap::Args)]
pub struct DetectArgs {
    /// The series: CSV with the columns `timestamp` and `value`, in the order in which they came.
    #[arg(long, value_name = "FILE.csv")]
    pub input: PathBuf,
    /// Where the scores go: CSV with `timestamp` and `score`, 0 to 1.
    #[arg(long, value_name = "FILE.csv")]
    pub output: PathBuf,
}

/// What to forecast.
#[derive(Debug, clap::Args)]
pub struct ForecastArgs {
    /// The series: one JSON object a line with id, train (values of at least one step, the earliest
    /// first) and optionally start (the first day, as in 2026-01-31); compressed where the name ends
    /// in .gz.
    #[arg(long, value_name = "FILE.jsonl")]
    pub input: PathBuf,
    /// Steps to forecast, 1 to 512.
    #[arg(long, value_name = "STEPS")]
    pub horizon: usize,
    /// Steps of a season, 1 to 366: 7 for days of a week, 12 for months of a year, 1 for none.
    #[arg(long, value_name = "STEPS")]
    pub season: usize,
    /// auto, global, ets, theta, dot, naive2, or a file that `train-forecast` made.
    #[arg(long, default_value = "auto", value_name = "NAME|FILE.onnx")]
    pub model: String,
    /// Where the forecasts go: one JSON object a line with id, mean, q10 and q90, in the order of the
    /// series.
    #[arg(long, value_name = "FILE.jsonl")]
    pub output: PathBuf,
}

/// What to train a forecaster on.
#[derive(Debug, clap::Args)]
pub struct TrainForecastArgs {
    /// The series, as `forecast` takes them. All values are learned from, those under test too.
    #[arg(long, value_name = "FILE.jsonl")]
    pub input: PathBuf,
    /// Steps that the model will forecast, 1 to 512.
    #[arg(long, value_name = "STEPS")]
    pub horizon: usize,
    /// Steps of a season, 1 to 366; 1 for none.
    #[arg(long, value_name = "STEPS")]
    pub season: usize,
    /// Where the model goes.
    #[arg(long, value_name = "FILE.onnx")]
    pub model_out: PathBuf,
    /// Networks whose mean is the model, 1 to 64: fewer are quicker and a little worse.
    #[arg(long, default_value_t = 6, value_name = "N")]
    pub networks: usize,
    /// Steps of training of each, 1 to 1,000,000.
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub steps: u32,
    /// Decides all that is random: the same series and seed give the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What can be evaluated.
#[derive(Debug, Subcommand)]
pub enum EvalVerb {
    /// Churn: five folds of each set of rows, beside other libraries.
    Churn(EvalChurnArgs),
    /// Forecasts: each file of series, beside other libraries.
    M4(EvalM4Args),
    /// Anomalies: the Numenta Anomaly Benchmark, beside its scoreboard.
    Nab(EvalNabArgs),
    /// Upkeep of models: how often its decisions are wrong, and how often they find what there is, on rows made up here.
    Upkeep(EvalUpkeepArgs),
}

/// How to evaluate upkeep.
#[derive(Debug, clap::Args)]
pub struct EvalUpkeepArgs {
    /// How often each case is simulated.
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub runs: u32,
    /// Decides all that is random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// How to evaluate churn.
#[derive(Debug, clap::Args)]
pub struct EvalChurnArgs {
    /// The folder with telco.….csv, bank.….csv and sparkify.….csv, compressed or not.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Only these sets.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub tracks: Vec<String>,
    /// Decides all that is random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Writes each row's probability, by the model that never saw it, to NAME.csv in this folder.
    #[arg(long, value_name = "DIR")]
    pub predictions: Option<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// How to evaluate anomalies.
#[derive(Debug, clap::Args)]
pub struct EvalNabArgs {
    /// The folder with windows.json and data/.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// How to evaluate forecasts.
#[derive(Debug, clap::Args)]
pub struct EvalM4Args {
    /// The folder with files of series, *.jsonl or *.jsonl.gz: one JSON object a line with id, train,
    /// test, m (steps of a season) and h (steps that followed).
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// auto, global, ets, theta, dot, naive2, or a file that `train-forecast` made; that of other
    /// seasons or horizons is left out.
    #[arg(long, default_value = "auto", value_name = "NAME|FILE.onnx")]
    pub model: String,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}
