//! Accepts the wish for a master or a preview: the row, its job and the answer kept for a repeat,
//! all in one transaction.

use ::jobs::{MasterTrack, PreviewMaster};
use models::masters::{self, MasterRow, Purpose};
use models::{ArtistId, MasterId};
use queue::{JobId, NewJob, QueueError};

use super::request::MasterRequest;
use super::view::{Master, list_address};
use crate::admission::{owned, within_quota};
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
    accept(app, artist, key, Purpose::Master, request).await
}

/// The same for any purpose.
pub(crate) async fn accept(
    app: &App,
    artist: ArtistId,
    key: Key,
    purpose: Purpose,
    request: MasterRequest,
) -> Result<(Master, bool), Problem> {
    let fingerprint = serde_json::to_vec(&request).map_err(|e| Problem::internal(&e))?;
    let settings = request.check(&app.targets, app.studio.as_ref())?;
    let most_waiting = u64::from(app.limits.max_waiting_jobs_per_artist);

    let job_id = JobId::new();
    let row = MasterRow {
        id: MasterId::new(),
        artist_id: artist,
        purpose,
        track_id: request.track_id.into(),
        job_id: job_id.uuid().into(),
        settings,
        result: None,
        created_at: app.queue.now(),
    };
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                let track = owned(tx.db(), artist, row.track_id, "track_id").await?;
                for (index, reference) in row.settings.references.iter().enumerate() {
                    let field = request.reference_field(index);
                    owned(tx.db(), artist, reference.track_id, field).await?;
                }
                let job = job(&row)?.id(job_id).tenant(artist.uuid());
                let answer = Master::fresh(row.clone(), &track.filename);
                let route = format!("POST {}", list_address(purpose));
                let request: [&[u8]; 2] = [route.as_bytes(), &fingerprint];
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

fn job(row: &MasterRow) -> Result<NewJob, QueueError> {
    let (artist_id, master_id) = (row.artist_id, row.id);
    match row.purpose {
        Purpose::Master => NewJob::of(&MasterTrack {
            artist_id,
            master_id,
        }),
        Purpose::Preview => {
            let job = NewJob::of(&PreviewMaster {
                artist_id,
                master_id,
            })?;
            Ok(job.priority(PreviewMaster::PRIORITY))
        }
    }
}
