//! `train_forecaster`: learns from an artist's own metrics how they go on.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use audio::Workspace;
use jobs::{TrainForecaster, TrainForecasterOutput};
use ml::analytics::DailySeries;
use ml::analytics::forecaster::{Keep, Learnt, OWA, OWA_OF_STATISTICAL, Part, learn};
use ml::registry::{About, Bundle, DataWindow, Trainer, Version};
use ml::runtime::Runtime;
use models::forecaster_trainings::{self, ForecasterTrainingRow};
use models::registry::{self, Alias, Task};
use queue::{Context, Fault, LogLevel};

use super::made::{self, Made};
use super::watch::Watch;
use super::{daily, promotion};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::kept::Kept;
use crate::studio::rows::owned;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: TrainForecaster,
) -> Result<TrainForecasterOutput, Ending> {
    owned(&context, payload.artist_id)?;
    let ended = made::resumable(&environment, &context, async |kept_dir| {
        attempt(&environment, &context, &payload, kept_dir).await
    });
    let (version, alias) = ended.await?;
    Ok(TrainForecasterOutput {
        training_id: payload.training_id,
        version,
        alias,
    })
}

async fn attempt(
    environment: &Environment,
    context: &Context,
    payload: &TrainForecaster,
    kept_dir: &Path,
) -> Result<(String, Option<Alias>), Ending> {
    let row = asked(environment, payload).await?;
    let (artist, model) = (row.artist_id, row.model.as_str());
    if let Some(version) = row.version.clone() {
        // An earlier attempt got as far as the version and died before the job was finished.
        context.log(LogLevel::Info, "an earlier attempt had made the version");
        let alias = promotion::became(environment, context, (artist, model), &version).await?;
        return Ok((version, alias));
    }
    let champion = {
        let mut db = environment.pool.get().await?;
        registry::holder(&mut db, artist, model, Alias::Champion).await?
    };
    let training = row.id;
    context.progress(0.0, "reading");
    let learning = Learning {
        series: daily::read(environment, artist).await?,
        parent: champion.map(|row| row.version.parse()).transpose()?,
        row,
        kept_dir: kept_dir.to_owned(),
        runtime: environment.insight.models.runtime().clone(),
        context: context.clone(),
    };
    let learnt = tokio::task::spawn_blocking(move || learning.run());
    let bundle = learnt.await.map_err(Ending::died)??;
    context.log(LogLevel::Info, said(&bundle));
    let of = Made {
        artist,
        training,
        task: Task::Forecast,
    };
    made::keep(environment, context, of, bundle).await
}

async fn asked(
    environment: &Environment,
    payload: &TrainForecaster,
) -> Result<ForecasterTrainingRow, Ending> {
    let mut db = environment.pool.get().await?;
    let found = forecaster_trainings::find(&mut db, payload.artist_id, payload.training_id).await?;
    let gone = || {
        Fault::permanent(
            "training_gone",
            "the training was removed before it was made",
        )
    };
    Ok(found.ok_or_else(gone)?)
}

/// What the thread that trains takes along.
struct Learning {
    series: Vec<DailySeries>,
    row: ForecasterTrainingRow,
    parent: Option<Version>,
    kept_dir: PathBuf,
    runtime: Runtime,
    context: Context,
}

impl Learning {
    fn run(self) -> Result<Bundle, Ending> {
        let mut states = States {
            kept: Kept::open(self.kept_dir.clone())?,
            context: self.context.clone(),
        };
        let seed = self.row.seed.unsigned_abs();
        let mut watch = Watch::new(self.context.clone(), "training");
        let learnt = learn(&self.series, seed, &mut states, &mut watch)?;
        self.context.progress(1.0, "keeping");
        let about = self.about(&learnt, seed);
        let made = Bundle::make(about, learnt.weights, learnt.golden, &self.runtime)?;
        Ok(made)
    }

    fn about(&self, learnt: &Learnt, seed: u64) -> About {
        About {
            tenant: self.row.artist_id.to_string(),
            model: self.row.model.clone(),
            data: DataWindow {
                fingerprint: learnt.told.data.clone(),
                rows: learnt.told.series as u64,
                from: Some(learnt.first.to_string()),
                to: Some(learnt.last.to_string()),
            },
            trainer: Trainer {
                name: "maxbooster forecast".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                seed,
            },
            metrics: learnt.figures.clone(),
            parent: self.parent,
        }
    }
}

/// States of runs in the job's working folder.
struct States {
    kept: Kept,
    context: Context,
}

impl Keep for States {
    fn recall(&mut self, part: Part) -> ml::Result<Option<Vec<u8>>> {
        let Some(mut file) = self.kept.recall(name(part))? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let line = "going on behind an earlier attempt";
        self.context.log(LogLevel::Info, line);
        Ok(Some(bytes))
    }

    fn keep(&mut self, part: Part, state: &[u8]) {
        // A state that can't be kept costs time should this attempt die, and nothing else.
        let kept = self.kept.scratch(name(part));
        let kept = kept.and_then(|mut file| file.write_all(state));
        if let Err(error) = kept.and_then(|()| self.kept.seal(name(part))) {
            tracing::warn!(%error, "the state of a training was not kept");
        }
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Trial => "trial",
        Part::Whole => "whole",
    }
}

/// The outcome in a line, for the job's story. It names nothing of the data.
fn said(bundle: &Bundle) -> String {
    let figure = |name: &str| {
        let figure = bundle.metadata.metrics.get(name);
        figure.map_or("-".to_owned(), |figure| format!("{figure:.4}"))
    };
    format!(
        "{} series; on days held out: OWA {} beside {} of the statistical methods, {} of days within 80 %",
        bundle.metadata.data.rows,
        figure(OWA),
        figure(OWA_OF_STATISTICAL),
        figure("coverage_80"),
    )
}
