//! Outer cross-validation: what a model is worth on rows that its training never saw.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::metrics::Metrics;
use super::schema::{Choice, truths};
use super::training::{Plan, Training};
use crate::control::Control;
use crate::table::{Table, open};
use crate::{MlError, Result};

/// Outer folds. A row's fold is its place modulo these, so that anyone can make the same ones.
pub const FOLDS: usize = 5;
/// The target column of all tracks.
pub const TARGET: &str = "churn";

/// A set of rows, and the columns of it that are learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track {
    /// Its name.
    pub name: &'static str,
    /// The file is named this, then a dot.
    pub file: &'static str,
    /// Only columns that tell how someone behaves, not how long they have been there.
    pub rates_only: bool,
}

/// The tracks that are measured. All columns of `sparkify` include some that stop at the
/// cancellation that they are to foretell: its honest track is that of the rates.
pub const TRACKS: &[Track] = &[
    track("telco", "telco", false),
    track("bank", "bank", false),
    track("sparkify", "sparkify", false),
    track("sparkify-rates", "sparkify", true),
];

const fn track(name: &'static str, file: &'static str, rates_only: bool) -> Track {
    Track {
        name,
        file,
        rates_only,
    }
}

/// Another library's figures on a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peer {
    /// The track.
    pub track: &'static str,
    /// The library.
    pub name: &'static str,
    /// As in [`Metrics`].
    pub auc: f64,
    /// As in [`Metrics`].
    pub pr_auc: f64,
    /// As in [`Metrics`].
    pub log_loss: f64,
    /// As in [`Metrics`].
    pub brier: f64,
    /// As in [`Metrics`].
    pub ece: f64,
    /// As in [`Metrics`].
    pub lift_at_10: f64,
}

/// What `benches/peers/churn/run.py` measured on the same folds of the development data.
pub const PEERS: &[Peer] = &[
    peer(
        "telco",
        "LightGBM",
        [0.8528, 0.6782, 0.4096, 0.1330, 0.0110, 2.90],
    ),
    peer(
        "telco",
        "XGBoost",
        [0.8531, 0.6797, 0.4090, 0.1328, 0.0093, 2.91],
    ),
    peer(
        "bank",
        "LightGBM",
        [0.8595, 0.6968, 0.3427, 0.1043, 0.0136, 4.05],
    ),
    peer(
        "bank",
        "XGBoost",
        [0.8607, 0.6981, 0.3412, 0.1039, 0.0120, 4.09],
    ),
    peer(
        "sparkify-rates",
        "LightGBM",
        [0.7273, 0.4533, 0.4697, 0.1514, 0.0119, 2.61],
    ),
    peer(
        "sparkify-rates",
        "XGBoost",
        [0.7278, 0.4556, 0.4690, 0.1510, 0.0063, 2.58],
    ),
];

/// AUC, area under precision and recall, log-loss, Brier score, calibration error, lift.
const fn peer(track: &'static str, name: &'static str, figures: [f64; 6]) -> Peer {
    let [auc, pr_auc, log_loss, brier, ece, lift_at_10] = figures;
    Peer {
        track,
        name,
        auc,
        pr_auc,
        log_loss,
        brier,
        ece,
        lift_at_10,
    }
}

impl Track {
    /// Reads its table from a folder: the first file by name that begins with the track's.
    ///
    /// # Errors
    ///
    /// [`MlError::Data`] where there is none.
    pub fn read(&self, folder: &Path) -> Result<Table> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let name = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                let csv = name.trim_end_matches(".gz");
                Path::new(csv)
                    .extension()
                    .is_some_and(|extension| extension == "csv")
                    && name.split('.').next() == Some(self.file)
            })
            .collect();
        paths.sort();
        let path = paths
            .first()
            .ok_or_else(|| MlError::Data(format!("there is no {}.….csv", self.file)))?;
        Table::read(open(path)?)
    }

    /// The columns that it learns from.
    pub fn choice(&self, table: &Table) -> Choice {
        let rate = |column: &&String| {
            column.ends_with("_rate")
                || column.ends_with("_pct")
                || column.starts_with("avg_")
                || ["gender", "paid"].contains(&column.as_str())
        };
        let only = if self.rates_only {
            table.columns().iter().filter(rate).cloned().collect()
        } else {
            Vec::new()
        };
        Choice {
            only,
            drop: Vec::new(),
        }
    }
}

/// What was measured on one table.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The mean over the folds; the calibration error is that of all rows together, because in a
    /// single fold's bins it is mostly chance.
    pub mean: Metrics,
    /// Each fold.
    pub folds: Vec<Metrics>,
    /// Each row's probability by the model that never saw it.
    pub probabilities: Vec<f64>,
    /// The time within which 99 of 100 rows, scored one by one, are answered.
    pub p99: Duration,
    /// How long all trainings took, by the clock.
    pub trained_in: Duration,
}

/// Trains five models, each on four fifths of the rows, and measures each on its fifth.
pub fn evaluate(
    table: &Table,
    choice: &Choice,
    seed: u64,
    control: &mut dyn Control,
) -> Result<Outcome> {
    let truth = truths(table, TARGET)?;
    let mut probabilities = vec![0.0; truth.len()];
    let mut folds = Vec::new();
    let mut times = Vec::new();
    let mut trained_in = Duration::ZERO;
    for fold in 0..FOLDS {
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            (0..truth.len()).partition(|row| row % FOLDS == fold);
        let began = Instant::now();
        let (model, _) = Training::run(
            &table.select(&outside),
            TARGET,
            choice,
            &Plan::new(seed),
            control,
        )?;
        trained_in += began.elapsed();
        let matrix = model.schema.encode(&table.select(&inside))?;
        let mut of_fold = Vec::with_capacity(inside.len());
        for (place, row) in inside.iter().enumerate() {
            let features = matrix.row(place);
            let began = Instant::now();
            let likely = model.probability(&features);
            times.push(began.elapsed());
            of_fold.push(likely);
            if let Some(slot) = probabilities.get_mut(*row) {
                *slot = likely;
            }
        }
        let truth: Vec<bool> = inside
            .iter()
            .filter_map(|row| truth.get(*row).copied())
            .collect();
        folds.push(measured(&of_fold, &truth)?);
    }
    let all = measured(&probabilities, &truth)?;
    times.sort_unstable();
    Ok(Outcome {
        mean: mean(&folds, &all),
        folds,
        probabilities,
        p99: times
            .get(times.len() * 99 / 100)
            .copied()
            .unwrap_or_default(),
        trained_in,
    })
}

fn measured(probabilities: &[f64], truth: &[bool]) -> Result<Metrics> {
    Metrics::new(probabilities, truth)
        .ok_or_else(|| MlError::Data("a fold has rows of one class alone".to_owned()))
}

fn mean(folds: &[Metrics], all: &Metrics) -> Metrics {
    let of = |figure: &dyn Fn(&Metrics) -> f64| {
        folds.iter().map(figure).sum::<f64>() / folds.len().max(1) as f64
    };
    Metrics {
        auc: of(&|fold| fold.auc),
        pr_auc: of(&|fold| fold.pr_auc),
        log_loss: of(&|fold| fold.log_loss),
        brier: of(&|fold| fold.brier),
        lift_at_10: of(&|fold| fold.lift_at_10),
        ..*all
    }
}
