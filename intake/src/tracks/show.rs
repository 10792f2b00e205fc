//! `GET /v1/tracks/{id}`: one track.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use models::{ArtistId, TrackId, tracks};

use super::view::Track;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// One track.
#[utoipa::path(
    tag = "tracks",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Track), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/tracks/{id}")]
pub async fn show_track(
    caller: Caller,
    app: Data<App>,
    id: Path<TrackId>,
) -> Result<Json<Track>, Problem> {
    Ok(Json(find(&app, caller.0, *id).await?.into()))
}

/// The artist's own track, or 404.
pub(crate) async fn find(
    app: &App,
    artist: ArtistId,
    id: TrackId,
) -> Result<tracks::TrackRow, Problem> {
    let mut db = app.pool.get().await?;
    tracks::find(&mut db, artist, id)
        .await?
        .ok_or_else(|| Problem::not_found("track"))
}
