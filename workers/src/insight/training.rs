//! A training from its row to its version: what is alike whatever is learned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ml::registry::{About, Bundle, DataWindow, Trainer, Version};
use ml::runtime::Runtime;
use models::registry::{self, Alias, Task};
use models::trainings::{self, TrainingRow};
use models::{ArtistId, TrainingId};
use queue::{Context, Fault, LogLevel, StopReason};

use super::states::States;
use super::watch::Watch;
use super::{made, promotion};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::kept::Kept;
use crate::studio::rows::owned;

/// The training that a job is for.
pub struct Asked {
    /// Whose it is.
    pub artist: ArtistId,
    /// Its row.
    pub training: TrainingId,
    /// What the job trains for.
    pub task: Task,
}

/// What the thread that trains takes along, whatever it learns from.
pub struct Run {
    /// What is asked.
    pub row: TrainingRow,
    /// The version that is champion now.
    pub parent: Option<Version>,
    /// Where states are kept.
    pub kept_dir: PathBuf,
    /// What runs graphs.
    pub runtime: Runtime,
    /// The job.
    pub context: Context,
}

impl Run {
    /// All that is random follows from it.
    pub fn seed(&self) -> u64 {
        self.row.seed.unsigned_abs()
    }

    /// The states of this run and of those before it.
    pub fn states(&self) -> Result<States, Ending> {
        Ok(States::open(&self.kept_dir, self.context.clone())?)
    }

    /// The job's side of the computation.
    pub fn watch(&self) -> Watch {
        Watch::new(self.context.clone(), "training")
    }

    /// What is said of the version that `trainer` made.
    pub fn about(&self, trainer: &str, data: DataWindow, metrics: BTreeMap<String, f64>) -> About {
        About {
            tenant: self.row.artist_id.to_string(),
            model: self.row.model.clone(),
            data,
            trainer: Trainer {
                name: trainer.to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                seed: self.seed(),
            },
            metrics,
            parent: self.parent,
        }
    }
}

/// Runs one attempt: `learn` makes the bundle, unless an earlier attempt got as far as the version. What
/// was kept on the way is removed unless another attempt may go on from there.
pub async fn run(
    environment: &Environment,
    context: &Context,
    asked: Asked,
    learn: impl AsyncFnOnce(Run) -> Result<Bundle, Ending>,
) -> Result<(String, Option<Alias>), Ending> {
    owned(context, asked.artist)?;
    let job = context.job().id.to_string();
    let kept_dir = environment.storage.kept_dir(&job)?;
    let ended = attempt(environment, context, asked, &kept_dir, learn).await;
    let is_cancelled = matches!(context.stop_reason(), Some(StopReason::Cancelled(_)));
    if is_cancelled || !ended.as_ref().is_err_and(|ending| !ending.is_for_good()) {
        Kept::remove(&kept_dir);
    }
    ended
}

async fn attempt(
    environment: &Environment,
    context: &Context,
    asked: Asked,
    kept_dir: &Path,
    learn: impl AsyncFnOnce(Run) -> Result<Bundle, Ending>,
) -> Result<(String, Option<Alias>), Ending> {
    let row = found(environment, &asked).await?;
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
    let bundle = learn(Run {
        row,
        parent: champion.map(|row| row.version.parse()).transpose()?,
        kept_dir: kept_dir.to_owned(),
        runtime: environment.insight.models.runtime().clone(),
        context: context.clone(),
    });
    made::keep(environment, context, asked, bundle.await?).await
}

/// The row of the training, when it is one of those that the job trains.
async fn found(environment: &Environment, asked: &Asked) -> Result<TrainingRow, Ending> {
    let mut db = environment.pool.get().await?;
    let found = trainings::find(&mut db, asked.artist, asked.training).await?;
    let gone = || {
        Fault::permanent(
            "training_gone",
            "the training was removed before it was made",
        )
    };
    Ok(found
        .filter(|row| row.task == asked.task)
        .ok_or_else(gone)?)
}

/// A figure of a version in four decimals, for the job's story.
pub fn figure(bundle: &Bundle, name: &str) -> String {
    let figure = bundle.metadata.metrics.get(name);
    figure.map_or("-".to_owned(), |figure| format!("{figure:.4}"))
}
