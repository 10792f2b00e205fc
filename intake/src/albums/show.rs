//! `GET /v1/albums/{id}`: one album with its state and, once done, what came of it.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use models::AlbumId;
use models::albums::{self, AlbumRow};
use queue::JobId;

use super::view::Album;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// One album.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Album), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/albums/{id}")]
pub async fn show_album(
    caller: Caller,
    app: Data<App>,
    id: Path<AlbumId>,
) -> Result<Json<Album>, Problem> {
    let row = find(&app, caller, *id).await?;
    let job = if row.result.is_some() {
        None
    } else {
        let id = JobId(row.job_id.uuid());
        app.queue.job(caller.scope(), id).await?
    };
    Ok(Json(Album::of(row, job)))
}

/// The artist's own album, or 404.
pub(super) async fn find(app: &App, caller: Caller, id: AlbumId) -> Result<AlbumRow, Problem> {
    let mut db = app.pool.get().await?;
    albums::find(&mut db, caller.0, id)
        .await?
        .ok_or_else(|| Problem::not_found("album"))
}
