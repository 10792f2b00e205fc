//! Accepts the wish for a training: the row, its job and the answer kept for a repeat, all in one
//! transaction.

use ::jobs::training;
use ::models::registry::Task;
use ::models::trainings::{self, TrainingRow};
use ::models::{ArtistId, JobId, TrainingId, datasets};
use queue::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::Training;
use crate::admission::within_quota;
use crate::app::App;
use crate::error::Problem;
use crate::idempotency::Key;

/// Most models of one artist.
const MOST_MODELS: usize = 100;
/// Most characters of a model's name.
const LONGEST_NAME: usize = 64;

/// What a model is to be for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainingTask {
    /// Who is likely to leave.
    #[default]
    Churn,
    /// How the artist's metrics go on.
    Forecast,
}

/// What to train.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingRequest {
    /// The model to make a version of, new or not: 1 to 64 of `a-z 0-9 _ -`.
    #[schema(example = "fans")]
    pub model: String,
    /// What it is for; `churn` when absent. A model is for one thing for ever.
    // As it was remembered before there was a choice.
    #[serde(default, skip_serializing_if = "is_churn")]
    pub task: TrainingTask,
    /// What to learn from. Needed for `churn`; absent for `forecast`, which learns from your metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_id: Option<Uuid>,
    /// All that is random follows from it: the same rows and seed make the same weights. 1 when
    /// absent.
    #[serde(default = "first")]
    pub seed: u32,
}

fn first() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
fn is_churn(task: &TrainingTask) -> bool {
    *task == TrainingTask::Churn
}

/// The row of a training that is asked for.
fn wanted(app: &App, artist: ArtistId, request: TrainingRequest) -> Result<TrainingRow, Problem> {
    let (task, dataset_id) = match (request.task, request.dataset_id) {
        (TrainingTask::Churn, Some(dataset)) => (Task::Churn, Some(dataset.into())),
        (TrainingTask::Forecast, None) => (Task::Forecast, None),
        (TrainingTask::Churn, None) => {
            let rule = "dataset_id must say what to learn from.";
            return Err(Problem::invalid("dataset_id", "missing_field", rule));
        }
        (TrainingTask::Forecast, Some(_)) => {
            let rule = "dataset_id must be absent: a forecaster learns from your metrics.";
            return Err(Problem::invalid("dataset_id", "invalid_field", rule));
        }
    };
    Ok(TrainingRow {
        id: TrainingId::new(),
        artist_id: artist,
        model: request.model,
        task,
        dataset_id,
        job_id: JobId::new().uuid().into(),
        seed: i64::from(request.seed),
        version: None,
        created_at: app.queue.now(),
        completed_at: None,
    })
}

/// Checks that the dataset, where it learns from one, is the artist's own.
async fn check_dataset(tx: &mut Tx<'_>, row: &TrainingRow) -> Result<(), Problem> {
    if row.dataset_id.is_none() {
        return Ok(());
    }
    let dataset = datasets::learned_from(tx.db(), row.artist_id, row.dataset_id).await?;
    dataset
        .map(drop)
        .ok_or_else(|| Problem::not_found("dataset").field("dataset_id"))
}

/// Whether a model may be called so.
fn check_name(name: &str) -> Result<(), Problem> {
    let allowed = |c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let rule = format!("model must be 1 to {LONGEST_NAME} of a-z, 0-9, _ and -.");
    Err(Problem::invalid("model", "invalid_field", rule))
}

/// Whether there may be such a model beside those that the artist has.
fn check_model(models: &[(String, Task)], row: &TrainingRow) -> Result<(), Problem> {
    let (name, task) = (&row.model, row.task);
    match models.iter().find(|(known, _)| known == name) {
        Some((_, known)) if *known != task => {
            let rule = format!("The model {name} is for {} already.", known.as_str());
            Err(Problem::invalid("model", "invalid_field", rule))
        }
        None if models.len() >= MOST_MODELS => {
            let rule = format!("You have {MOST_MODELS} models, and that is the most.");
            Err(Problem::invalid("model", "out_of_range", rule))
        }
        _ => Ok(()),
    }
}

/// Accepts `request`. The answer is durable; the flag tells that it is an earlier one's, given
/// again.
pub async fn accept_training(
    app: &App,
    artist: ArtistId,
    key: Key,
    request: TrainingRequest,
) -> Result<(Training, bool), Problem> {
    check_name(&request.model)?;
    let fingerprint = serde_json::to_vec(&request).map_err(|e| Problem::internal(&e))?;
    let most_waiting = u64::from(app.limits.max_waiting_jobs_per_artist);
    let row = wanted(app, artist, request)?;
    let now = app.queue.now();
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                check_dataset(tx, &row).await?;
                let answer = Training::from(row.clone());
                let request: [&[u8]; 2] = [b"POST /v1/analytics/models", &fingerprint];
                if let Some(before) = key
                    .remember(tx.db(), artist, &request, &answer, now)
                    .await?
                {
                    return Ok((before, true));
                }
                // After the key: a repeat of what was accepted is answered at a full queue too.
                within_quota(tx.waiting_of(artist.uuid()).await?, most_waiting)?;
                let models = trainings::models(tx.db(), artist).await?;
                check_model(&models, &row)?;
                trainings::insert(tx.db(), &row).await?;
                tx.enqueue(training(&row)?).await?;
                Ok((answer, false))
            })
        })
        .await
}
