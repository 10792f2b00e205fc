//! `train_churn_model`: learns from an artist's dataset who is likely to leave.

use std::path::Path;

use jobs::{TrainChurnModel, TrainChurnModelOutput};
use ml::registry::Bundle;
use models::datasets;
use models::registry::{self, Alias, Task};
use models::trainings::{self, TrainingRow};
use queue::{Context, Fault, LogLevel};
use storage::Key;

use super::learning::Learning;
use super::made::{self, Made};
use super::promotion;
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::owned;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: TrainChurnModel,
) -> Result<TrainChurnModelOutput, Ending> {
    owned(&context, payload.artist_id)?;
    let ended = made::resumable(&environment, &context, async |kept_dir| {
        attempt(&environment, &context, &payload, kept_dir).await
    });
    let (version, alias) = ended.await?;
    Ok(TrainChurnModelOutput {
        training_id: payload.training_id,
        version,
        alias,
    })
}

async fn attempt(
    environment: &Environment,
    context: &Context,
    payload: &TrainChurnModel,
    kept_dir: &Path,
) -> Result<(String, Option<Alias>), Ending> {
    let row = asked(environment, payload).await?;
    if let Some(version) = row.version.clone() {
        // An earlier attempt got as far as the version and died before the job was finished.
        context.log(LogLevel::Info, "an earlier attempt had made the version");
        let model = (row.artist_id, row.model.as_str());
        let alias = promotion::became(environment, context, model, &version).await?;
        return Ok((version, alias));
    }
    let folder = environment.storage.work_dir()?;
    let learning = prepared(environment, context, row.clone(), kept_dir, folder.path()).await?;
    let learnt = tokio::task::spawn_blocking(move || learning.run());
    let bundle = learnt.await.map_err(Ending::died)??;
    context.log(LogLevel::Info, said(&bundle));
    let of = Made {
        artist: row.artist_id,
        training: row.id,
        task: Task::Churn,
    };
    made::keep(environment, context, of, bundle).await
}

async fn asked(
    environment: &Environment,
    payload: &TrainChurnModel,
) -> Result<TrainingRow, Ending> {
    let mut db = environment.pool.get().await?;
    let found = trainings::find(&mut db, payload.artist_id, payload.training_id).await?;
    let gone = || {
        Fault::permanent(
            "training_gone",
            "the training was removed before it was made",
        )
    };
    Ok(found.ok_or_else(gone)?)
}

async fn prepared(
    environment: &Environment,
    context: &Context,
    training: TrainingRow,
    kept_dir: &Path,
    folder: &Path,
) -> Result<Learning, Ending> {
    let (dataset, champion) = {
        let (artist, model) = (training.artist_id, training.model.as_str());
        let mut db = environment.pool.get().await?;
        let dataset = datasets::find(&mut db, artist, training.dataset_id).await?;
        let champion = registry::holder(&mut db, artist, model, Alias::Champion).await?;
        (dataset, champion)
    };
    let gone = || Fault::permanent("dataset_gone", "the dataset was removed");
    let dataset = dataset.ok_or_else(gone)?;
    let parent = champion.map(|row| row.version.parse()).transpose()?;
    let key = Key::new(dataset.object_key.clone())?;
    Ok(Learning {
        file: environment.open(&key, folder).await?,
        dataset,
        training,
        parent,
        kept_dir: kept_dir.to_owned(),
        runtime: environment.insight.models.runtime().clone(),
        context: context.clone(),
    })
}

/// The outcome in a line, for the job's story. It names nothing of the data.
fn said(bundle: &Bundle) -> String {
    let figure = |name: &str| {
        let figure = bundle.metadata.metrics.get(name);
        figure.map_or("-".to_owned(), |figure| format!("{figure:.4}"))
    };
    format!(
        "{} rows; on rows left out: AUC {}, log-loss {}, calibration error {}",
        bundle.metadata.data.rows,
        figure("auc"),
        figure("log_loss"),
        figure("ece"),
    )
}
