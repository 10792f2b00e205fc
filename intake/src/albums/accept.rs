//! Accepts the wish for an album: the row, its job and the answer kept for a repeat, all in one
//! transaction.

use ::jobs::MasterAlbum;
use models::albums::{self, AlbumRow};
use models::{AlbumId, ArtistId};
use queue::{JobId, NewJob};

use super::request::{AlbumRequest, track_field};
use super::view::Album;
use crate::admission::{owned, within_quota};
use crate::app::App;
use crate::error::Problem;
use crate::idempotency::Key;
use crate::masters::request::MasterRequest;

/// Accepts `request`. The answer is durable; the flag tells that it is an earlier one's, given
/// again.
pub async fn accept_album(
    app: &App,
    artist: ArtistId,
    key: Key,
    request: AlbumRequest,
) -> Result<(Album, bool), Problem> {
    let fingerprint = serde_json::to_vec(&request).map_err(|e| Problem::internal(&e))?;
    let most_waiting = u64::from(app.limits.max_waiting_jobs_per_artist);
    let (tracks, title) = (request.tracks()?, request.title()?);
    let wish = MasterRequest::from(request);
    let job_id = JobId::new();
    let mut row = AlbumRow {
        id: AlbumId::new(),
        artist_id: artist,
        title,
        tracks: Vec::with_capacity(tracks.len()),
        job_id: job_id.uuid().into(),
        settings: wish.check(&app.targets, app.studio.as_ref())?,
        result: None,
        created_at: app.queue.now(),
    };
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                for (index, id) in tracks.into_iter().enumerate() {
                    let track = owned(tx.db(), artist, id, track_field(index)).await?;
                    row.tracks.push((id, track.filename));
                }
                for (index, reference) in row.settings.references.iter().enumerate() {
                    let field = wish.reference_field(index);
                    owned(tx.db(), artist, reference.track_id, field).await?;
                }
                let job = NewJob::of(&MasterAlbum {
                    artist_id: artist,
                    album_id: row.id,
                })?;
                let job = job.id(job_id).tenant(artist.uuid());
                let answer = Album::fresh(row.clone());
                let request: [&[u8]; 2] = [b"POST /v1/albums", &fingerprint];
                if let Some(before) = key
                    .remember(tx.db(), artist, &request, &answer, row.created_at)
                    .await?
                {
                    return Ok::<_, Problem>((before, true));
                }
                // After the key: a repeat of what was accepted is answered at a full queue too.
                within_quota(tx.waiting_of(artist.uuid()).await?, most_waiting)?;
                albums::insert(tx.db(), &row).await?;
                tx.enqueue(job).await?;
                Ok((answer, false))
            })
        })
        .await
}
