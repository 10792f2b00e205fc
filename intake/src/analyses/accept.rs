//! Accepts the wish for an analysis: the row, its job and the answer kept for a repeat, all in one
//! transaction.

use ::jobs::AnalyzeTrack;
use models::analyses::{self, AnalysisRow};
use models::{AnalysisId, ArtistId};
use queue::{JobId, NewJob};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::Analysis;
use crate::admission::{owned, within_quota};
use crate::app::App;
use crate::error::Problem;
use crate::idempotency::Key;

/// What to analyse.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalysisRequest {
    /// The track.
    pub track_id: Uuid,
}

/// Accepts `request`. The answer is durable; the flag tells that it is an earlier one's, given
/// again.
pub async fn accept_analysis(
    app: &App,
    artist: ArtistId,
    key: Key,
    request: AnalysisRequest,
) -> Result<(Analysis, bool), Problem> {
    let fingerprint = serde_json::to_vec(&request).map_err(|e| Problem::internal(&e))?;
    let most_waiting = u64::from(app.limits.max_waiting_jobs_per_artist);
    let job_id = JobId::new();
    let row = AnalysisRow {
        id: AnalysisId::new(),
        artist_id: artist,
        track_id: request.track_id.into(),
        job_id: job_id.uuid().into(),
        result: None,
        created_at: app.queue.now(),
    };
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                let track = owned(tx.db(), artist, row.track_id, "track_id").await?;
                let job = NewJob::of(&AnalyzeTrack {
                    artist_id: artist,
                    analysis_id: row.id,
                })?
                .id(job_id)
                .tenant(artist.uuid())
                .priority(AnalyzeTrack::PRIORITY);
                let answer = Analysis::fresh(row.clone(), &track.filename);
                let request: [&[u8]; 2] = [b"POST /v1/analyses", &fingerprint];
                if let Some(before) = key
                    .remember(tx.db(), artist, &request, &answer, row.created_at)
                    .await?
                {
                    return Ok::<_, Problem>((before, true));
                }
                // After the key: a repeat of what was accepted is answered at a full queue too.
                within_quota(tx.waiting_of(artist.uuid()).await?, most_waiting)?;
                analyses::insert(tx.db(), &row).await?;
                tx.enqueue(job).await?;
                Ok((answer, false))
            })
        })
        .await
}
