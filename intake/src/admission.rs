//! What every wish must pass before a job is made of it: the tracks are the artist's own, and the
//! artist hasn't too much waiting.

use actix_web::http::StatusCode;
use models::tracks::{self, TrackRow};
use models::{ArtistId, TrackId};

use crate::error::Problem;

/// The artist's own track; 404 names the `field` that it was asked by.
pub async fn owned(
    db: &mut db::Db,
    artist: ArtistId,
    id: TrackId,
    field: impl Into<std::borrow::Cow<'static, str>>,
) -> Result<TrackRow, Problem> {
    tracks::find(db, artist, id)
        .await?
        .ok_or_else(|| Problem::not_found("track").field(field))
}

/// Back-pressure: one artist can't fill the queue.
pub fn within_quota(waiting: u64, most: u64) -> Result<(), Problem> {
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
