//! Accepts the wish for a master: the row, its job and the answer kept for a repeat, all in one
//! transaction.

use ::jobs::MasterTrack;
use actix_web::http::StatusCode;
use models::masters::{self, MasterRow};
use models::{ArtistId, MasterId, TrackId, tracks};
use queue::{JobId, NewJob};

use super::request::MasterRequest;
use super::view::Master;
use crate::app::App;
use crate::error::Problem;
use crate::idempotency::Key;

/// Accepts `request`. The answer is durable; the flag tells that it is an earlier one's, given
/// again.
pub async fn accept_master(
    app: &App,
    artist: ArtistId,
    key: Key,
    request: MasterRequest,
) -> Result<(Master, bool), Problem> {
    let fingerprint = serde_json::to_vec(&request).map_err(|e| Problem::internal(&e))?;
    let wanted = request.check(&app.targets)?;
    let most_waiting = u64::from(app.limits.max_waiting_jobs_per_artist);

    let job_id = JobId::new();
    let row = MasterRow {
        id: MasterId::new(),
        artist_id: artist,
        job_id: job_id.uuid().into(),
        wanted,
        result: None,
        created_at: app.queue.now(),
    };
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                let track = owned(tx.db(), artist, row.wanted.track_id, "track_id").await?;
                if let Some(reference) = row.wanted.reference_track_id {
                    owned(tx.db(), artist, reference, "reference_track_id").await?;
                }
                let job = NewJob::of(&MasterTrack {
                    artist_id: artist,
                    master_id: row.id,
                })?
                .id(job_id)
                .tenant(artist.uuid());
                let answer = Master::fresh(row.clone(), &track.filename);
                let request: [&[u8]; 2] = [b"POST /v1/masters", &fingerprint];
                if let Some(before) = key
                    .remember(tx.db(), artist, &request, &answer, row.created_at)
                    .await?
                {
                    return Ok::<_, Problem>((before, true));
                }
                // After the key: a repeat of what was accepted is answered at a full queue too.
                within_quota(tx.waiting_of(artist.uuid()).await?, most_waiting)?;
                masters::insert(tx.db(), &row).await?;
                tx.enqueue(job).await?;
                Ok((answer, false))
            })
        })
        .await
}

async fn owned(
    db: &mut db::Db,
    artist: ArtistId,
    id: TrackId,
    field: &'static str,
) -> Result<tracks::TrackRow, Problem> {
    tracks::find(db, artist, id)
        .await?
        .ok_or_else(|| Problem::not_found("track").field(field))
}

/// Back-pressure: one artist can't fill the queue.
fn within_quota(waiting: u64, most: u64) -> Result<(), Problem> {
    if waiting < most {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_waiting_jobs",
        format!(
            "You have {waiting} jobs waiting, and {most} is the most. Wait until some are done."
        ),
    )
    .retry_after(30))
}
