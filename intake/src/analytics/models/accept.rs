//! Accepts the wish for a training: the row, its job and the answer kept for a repeat, all in one
//! transaction.

use ::jobs::TrainChurnModel;
use ::models::trainings::{self, TrainingRow};
use ::models::{ArtistId, TrainingId, datasets};
use queue::{JobId, NewJob};
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

/// What to train.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingRequest {
    /// The model to make a version of, new or not: 1 to 64 of `a-z 0-9 _ -`.
    #[schema(example = "fans")]
    pub model: String,
    /// What to learn from.
    pub dataset_id: Uuid,
    /// All that is random follows from it: the same rows and seed make the same weights. 1 when
    /// absent.
    #[serde(default = "first")]
    pub seed: u32,
}

fn first() -> u32 {
    1
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
    let job_id = JobId::new();
    let row = TrainingRow {
        id: TrainingId::new(),
        artist_id: artist,
        model: request.model,
        dataset_id: request.dataset_id.into(),
        job_id: job_id.uuid().into(),
        seed: i64::from(request.seed),
        version: None,
        created_at: app.queue.now(),
        completed_at: None,
    };
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                let dataset = datasets::find(tx.db(), artist, row.dataset_id).await?;
                if dataset.is_none() {
                    return Err(Problem::not_found("dataset").field("dataset_id"));
                }
                let job = NewJob::of(&TrainChurnModel {
                    artist_id: artist,
                    training_id: row.id,
                })?
                .id(job_id)
                .tenant(artist.uuid());
                let answer = Training::from(row.clone());
                let request: [&[u8]; 2] = [b"POST /v1/analytics/models", &fingerprint];
                if let Some(before) = key
                    .remember(tx.db(), artist, &request, &answer, row.created_at)
                    .await?
                {
                    return Ok((before, true));
                }
                // After the key: a repeat of what was accepted is answered at a full queue too.
                within_quota(tx.waiting_of(artist.uuid()).await?, most_waiting)?;
                let models = trainings::models(tx.db(), artist).await?;
                if models.len() >= MOST_MODELS && !models.contains(&row.model) {
                    let rule = format!("You have {MOST_MODELS} models, and that is the most.");
                    return Err(Problem::invalid("model", "out_of_range", rule));
                }
                trainings::insert(tx.db(), &row).await?;
                tx.enqueue(job).await?;
                Ok((answer, false))
            })
        })
        .await
}
