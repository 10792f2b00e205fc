//! `train_churn_model`: learns from an artist's dataset who is likely to leave.

use jobs::{TrainChurnModel, TrainChurnModelOutput};
use ml::registry::Bundle;
use models::datasets;
use models::registry::Task;
use queue::{Context, Fault, LogLevel};
use storage::Key;

use super::learning::Learning;
use super::training::{self, Asked, Run, figure};
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: TrainChurnModel,
) -> Result<TrainChurnModelOutput, Ending> {
    let asked = Asked {
        artist: payload.artist_id,
        training: payload.training_id,
        task: Task::Churn,
    };
    let ended = training::run(&environment, &context, asked, async |run| {
        learn(&environment, run).await
    });
    let (version, alias) = ended.await?;
    Ok(TrainChurnModelOutput {
        training_id: payload.training_id,
        version,
        alias,
    })
}

async fn learn(environment: &Environment, run: Run) -> Result<Bundle, Ending> {
    let dataset = {
        let mut db = environment.pool.get().await?;
        datasets::learned_from(&mut db, run.row.artist_id, run.row.dataset_id).await?
    };
    let gone = || Fault::permanent("dataset_gone", "the dataset was removed");
    let dataset = dataset.ok_or_else(gone)?;
    let key = Key::new(dataset.object_key.clone())?;
    let folder = environment.storage.work_dir()?;
    let context = run.context.clone();
    let learning = Learning {
        file: environment.open(&key, folder.path()).await?,
        dataset,
        run,
    };
    let learnt = tokio::task::spawn_blocking(move || learning.run());
    let bundle = learnt.await.map_err(Ending::died)??;
    context.log(LogLevel::Info, said(&bundle));
    Ok(bundle)
}

/// The outcome in a line, for the job's story. It names nothing of the data.
fn said(bundle: &Bundle) -> String {
    format!(
        "{} rows; on rows left out: AUC {}, log-loss {}, calibration error {}",
        bundle.metadata.data.rows,
        figure(bundle, "auc"),
        figure(bundle, "log_loss"),
        figure(bundle, "ece"),
    )
}
