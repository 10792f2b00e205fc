//! Training: depth and number of trees by inner cross-validation, then several runs on all rows
//! averaged, calibrated on the rows that cross-validation left out. The whole run is a state that
//! can be kept between any two steps and taken up again, to the same bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::calibration::Calibration;
use super::grounds::Grounds;
use super::metrics::Metrics;
use super::model::Model;
use super::schema::{Choice, Dropped, Schema, truths};
use crate::control::{Control, step};
use crate::random::Random;
use crate::table::Table;
use crate::trees::{Binned, Boosting, Cross, Forest, Matrix, Settings, sigmoid};
use crate::{MlError, Result};

/// With fewer rows of a class there is nothing to learn.
const LEAST_OF_CLASS: usize = 20;

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Decides all that is random.
    pub seed: u64,
    /// Inner folds.
    pub folds: usize,
    /// Settings to choose from, the first preferred where they are as good.
    pub candidates: Vec<Settings>,
    /// Most trees of one run.
    pub most_trees: usize,
    /// Most trees of the model: bounds what an answer costs.
    pub most_in_model: usize,
    /// Most runs that are averaged.
    pub most_runs: usize,
}

impl Plan {
    /// The usual plan: trees of depth 4 or 6.
    pub fn new(seed: u64) -> Self {
        let of_depth = |depth| Settings {
            depth,
            ..Settings::default()
        };
        Self {
            seed,
            folds: 5,
            candidates: vec![of_depth(4), of_depth(6)],
            most_trees: 600,
            most_in_model: 1200,
            most_runs: 5,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Stage {
    /// Cross-validating the candidate of this place.
    Choosing(usize, Box<Cross>),
    /// Growing the run of this place.
    Growing(Boosting),
}

/// The best candidate so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Chosen {
    settings: Settings,
    trees: usize,
    loss: f64,
    /// Log-odds of every row by trees that were not grown on it.
    left_out: Vec<f64>,
}

/// A training run. It is to be kept in a form that loses no bit of a float, such as `MessagePack`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training {
    plan: Plan,
    /// SHA-256 of the rows trained on: a state is good for no others.
    fingerprint: String,
    stage: Stage,
    chosen: Option<Chosen>,
    grown: Vec<Forest>,
}

/// What was found out about a model on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Rows trained on.
    pub rows: usize,
    /// Share of them that are true.
    pub rate: f64,
    /// SHA-256 of the inputs and the truth.
    pub fingerprint: String,
    /// The seed.
    pub seed: u64,
    /// What was chosen.
    pub settings: Settings,
    /// Trees a run.
    pub trees: usize,
    /// Runs averaged.
    pub runs: usize,
    /// Measured on rows left out by inner cross-validation, after calibration. Number of trees and
    /// calibration were chosen on the same rows, so it is a little hopeful.
    pub inner: Metrics,
    /// Columns not learned from.
    pub dropped: Vec<Dropped>,
    /// What answers stand on; none in files of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Grounds>,
}

/// Rows ready for training.
struct Rows {
    schema: Schema,
    truth: Vec<bool>,
    matrix: Matrix,
    binned: Binned,
    fingerprint: String,
}

impl Rows {
    fn new(table: &Table, target: &str, choice: &Choice) -> Result<Self> {
        let truth = truths(table, target)?;
        for (class, name) in [(true, "true"), (false, "false")] {
            let count = truth.iter().filter(|truth| **truth == class).count();
            if count < LEAST_OF_CLASS {
                return Err(MlError::Data(format!(
                    "{count} rows are {name} in {target}, fewer than the {LEAST_OF_CLASS} to learn from"
                )));
            }
        }
        let schema = Schema::learn(table, target, choice)?;
        let matrix = schema.encode(table)?;
        let mut hash = Sha256::new();
        for column in matrix.columns() {
            for value in column {
                hash.update(value.to_le_bytes());
            }
        }
        for truth in &truth {
            hash.update([u8::from(*truth)]);
        }
        Ok(Self {
            schema,
            truth,
            binned: Binned::new(&matrix),
            matrix,
            fingerprint: hex::encode(hash.finalize()),
        })
    }

    fn all(&self) -> Vec<usize> {
        (0..self.truth.len()).collect()
    }
}

impl Training {
    /// Trains from beginning to end.
    ///
    /// # Errors
    ///
    /// What is wrong with the table, or with the plan; [`MlError::Cancelled`].
    pub fn run(
        table: &Table,
        target: &str,
        choice: &Choice,
        plan: &Plan,
        control: &mut dyn Control,
    ) -> Result<(Model, Report)> {
        Self::resume(None, table, target, choice, plan, control, &mut |_| {})
    }

    /// Goes on from a state that `keep` was given earlier, or begins. `keep` is given the state
    /// after every few trees.
    ///
    /// # Errors
    ///
    /// As [`Self::run`]; [`MlError::Data`] for a state of other rows or another plan.
    pub fn resume(
        state: Option<Self>,
        table: &Table,
        target: &str,
        choice: &Choice,
        plan: &Plan,
        control: &mut dyn Control,
        keep: &mut dyn FnMut(&Self),
    ) -> Result<(Model, Report)> {
        let rows = Rows::new(table, target, choice)?;
        let mut training = match state {
            None => Self::begin(plan, &rows)?,
            Some(state) if state.is_of(&rows, plan) => state,
            Some(_) => {
                let what = "the state is of other rows or another plan".to_owned();
                return Err(MlError::Data(what));
            }
        };
        let mut steps = 0_usize;
        while training.step(&rows) {
            step(control, training.progress())?;
            steps += 1;
            if steps.is_multiple_of(KEPT_EVERY) {
                keep(&training);
            }
        }
        training.end(rows)
    }

    /// The state as bytes that lose no bit.
    ///
    /// # Errors
    ///
    /// [`MlError::Data`] where it can't be written down.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        rmp_serde::to_vec(self).map_err(|error| MlError::Data(error.to_string()))
    }

    /// The state that [`Self::to_bytes`] wrote down.
    ///
    /// # Errors
    ///
    /// [`MlError::Data`] for other bytes.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self> {
        rmp_serde::from_slice(bytes).map_err(|error| MlError::Data(error.to_string()))
    }

    fn is_of(&self, rows: &Rows, plan: &Plan) -> bool {
        self.fingerprint == rows.fingerprint && self.plan == *plan
    }

    fn begin(plan: &Plan, rows: &Rows) -> Result<Self> {
        for settings in &plan.candidates {
            settings.check()?;
        }
        let first = plan
            .candidates
            .first()
            .filter(|_| plan.folds > 1)
            .ok_or(MlError::Setting {
                field: "plan",
                rule: "must have a candidate and at least two folds".to_owned(),
            })?;
        Ok(Self {
            stage: Stage::Choosing(
                0,
                Box::new(Cross::new(*first, plan.seed, &rows.truth, plan.folds)),
            ),
            plan: plan.clone(),
            fingerprint: rows.fingerprint.clone(),
            chosen: None,
            grown: Vec::new(),
        })
    }

    /// One tree in every run at hand. False when all is done.
    fn step(&mut self, rows: &Rows) -> bool {
        match &mut self.stage {
            Stage::Choosing(place, cross) => {
                if cross.step(&rows.binned, &rows.truth, self.plan.most_trees) {
                    return true;
                }
                let (trees, loss) = cross.best();
                let place = *place;
                if self.chosen.as_ref().is_none_or(|chosen| loss < chosen.loss)
                    && let Some(settings) = self.plan.candidates.get(place)
                {
                    self.chosen = Some(Chosen {
                        settings: *settings,
                        trees,
                        loss,
                        left_out: cross.left_out(&rows.binned),
                    });
                }
                let next = self.plan.candidates.get(place + 1).map(|settings| {
                    let cross = Cross::new(*settings, self.plan.seed, &rows.truth, self.plan.folds);
                    Stage::Choosing(place + 1, Box::new(cross))
                });
                next.or_else(|| self.next_run(rows)).is_some_and(|next| {
                    self.stage = next;
                    true
                })
            }
            Stage::Growing(run) => {
                let trees = self.chosen.as_ref().map_or(0, |chosen| chosen.trees);
                if run.forest().trees.len() < trees {
                    run.step(&rows.binned, &rows.truth, &rows.all());
                    return true;
                }
                self.grown.push(run.forest().clone());
                self.next_run(rows).is_some_and(|next| {
                    self.stage = next;
                    true
                })
            }
        }
    }

    fn next_run(&self, rows: &Rows) -> Option<Stage> {
        let chosen = self.chosen.as_ref()?;
        if self.grown.len() >= self.runs() {
            return None;
        }
        // The runs of cross-validation have the first parts of the seed.
        let part = 1000 + self.grown.len() as u64;
        let seed = Random::part(self.plan.seed, part).bits();
        let run = Boosting::new(chosen.settings, seed, &rows.truth, &rows.all());
        Some(Stage::Growing(run))
    }

    /// How many runs are averaged.
    fn runs(&self) -> usize {
        let trees = self.chosen.as_ref().map_or(1, |chosen| chosen.trees.max(1));
        (self.plan.most_in_model / trees).clamp(1, self.plan.most_runs.max(1))
    }

    /// The share of the work that is surely done.
    fn progress(&self) -> f64 {
        let parts = (self.plan.candidates.len() + 1).max(1) as f64;
        let most = self.plan.most_trees.max(1) as f64;
        match &self.stage {
            Stage::Choosing(place, cross) => {
                (*place as f64 + (cross.grown() as f64 / most).min(1.0)) / parts
            }
            Stage::Growing(_) => {
                let runs = self.runs() as f64;
                1.0 - (1.0 - self.grown.len() as f64 / runs) / parts
            }
        }
    }

    fn end(self, rows: Rows) -> Result<(Model, Report)> {
        let chosen = self
            .chosen
            .ok_or_else(|| MlError::Data("no candidate could be trained".to_owned()))?;
        let calibration = Calibration::fit(&chosen.left_out, &rows.truth);
        let honest: Vec<f64> = chosen
            .left_out
            .iter()
            .map(|log_odds| sigmoid(calibration.apply(*log_odds)))
            .collect();
        let inner = Metrics::new(&honest, &rows.truth)
            .ok_or_else(|| MlError::Data("one class alone cannot be measured".to_owned()))?;
        let report = Report {
            rows: inner.rows,
            rate: inner.rate,
            fingerprint: self.fingerprint,
            seed: self.plan.seed,
            settings: chosen.settings,
            trees: chosen.trees,
            runs: self.grown.len(),
            inner,
            dropped: rows.schema.dropped.clone(),
            grounds: Some(Grounds::new(
                &honest,
                &rows.truth,
                &rows.schema,
                &rows.matrix,
            )),
        };
        let model = Model {
            schema: rows.schema,
            forest: Forest::mean(&self.grown),
            calibration,
        };
        Ok((model, report))
    }
}

/// Steps between two states that are kept.
const KEPT_EVERY: usize = 25;
