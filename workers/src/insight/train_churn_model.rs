//! `train_churn_model`: learns from an artist's dataset who is likely to leave.

use std::path::Path;

use jobs::{TrainChurnModel, TrainChurnModelOutput};
use ml::registry::{Bundle, load};
use models::registry::{self, Alias};
use models::trainings::{self, TrainingRow};
use models::{datasets, registry::VersionRow};
use queue::{Context, Fault, LogLevel, StopReason};
use storage::Key;

use super::judge::told;
use super::learning::Learning;
use super::promotion;
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::kept::Kept;
use crate::studio::rows::{owned, unreadable};

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: TrainChurnModel,
) -> Result<TrainChurnModelOutput, Ending> {
    owned(&context, payload.artist_id)?;
    let kept_dir = environment
        .storage
        .kept_dir(&context.job().id.to_string())?;
    let ended = attempt(&environment, &context, &payload, &kept_dir).await;
    let is_cancelled = matches!(context.stop_reason(), Some(StopReason::Cancelled(_)));
    if is_cancelled || !ended.as_ref().is_err_and(|ending| !ending.is_for_good()) {
        Kept::remove(&kept_dir);
    }
    let (version, alias) = ended?;
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
        let alias = promotion::became(environment, context, &row, &version).await?;
        return Ok((version, alias));
    }
    let folder = environment.storage.work_dir()?;
    let learning = prepared(environment, context, row.clone(), kept_dir, folder.path()).await?;
    let learnt = tokio::task::spawn_blocking(move || learning.run());
    let bundle = learnt.await.map_err(Ending::died)??;
    context.log(LogLevel::Info, said(&bundle));
    kept(environment, context, &row, bundle).await
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

/// Puts the bundle, and makes it a version.
async fn kept(
    environment: &Environment,
    context: &Context,
    training: &TrainingRow,
    bundle: Bundle,
) -> Result<(String, Option<Alias>), Ending> {
    let object_key = registry::object_key(training.artist_id);
    let metadata = told(&bundle.metadata).map_err(unreadable)?;
    let parent = bundle.metadata.parent;
    let runtime = environment.insight.models.runtime().clone();
    let bytes = tokio::task::spawn_blocking(move || {
        let bytes = bundle.encode()?;
        // What would not serve is not kept.
        load(&bytes, &bundle.key(&bytes), &runtime).map(|_| bytes)
    });
    let bytes = bytes.await.map_err(Ending::died)??;
    let row = VersionRow {
        artist_id: training.artist_id,
        model: training.model.clone(),
        version: ml::registry::Version::of(&bytes).to_string(),
        parent: parent.map(|parent| parent.to_string()),
        task: registry::Task::Churn,
        metadata: db::Document(metadata),
        size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        object_key: object_key.clone(),
        job_id: context.job().id.uuid().into(),
        created_at: environment.queue.now(),
    };
    let key = Key::new(object_key)?;
    environment.storage.put_bytes(&key, bytes.into()).await?;
    promotion::register(environment, context, training.id, row).await
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
