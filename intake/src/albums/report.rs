//! `GET /v1/albums/{id}/tracks/{number}/report.{json,html}`: the report of one track, whole.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get};
use models::AlbumId;
use serde_json::Value;

use super::show::find;
use super::view::address;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::files::finished;
use crate::masters::report::page;
use crate::refusals::NotFinished;

/// The whole report of one track of an album.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path), ("number" = usize, Path, description = "The track's place, from 1 on.")),
    responses(
        (status = 200, description = "The report.", body = Object),
        NotFinished,
    ),
)]
#[get("/v1/albums/{id}/tracks/{number}/report.json")]
pub async fn album_track_report(
    caller: Caller,
    app: Data<App>,
    path: Path<(AlbumId, usize)>,
) -> Result<Json<Value>, Problem> {
    let (_, report) = of_track(&app, caller, path.into_inner()).await?;
    Ok(Json(report))
}

/// The report of one track of an album as a page with plots, which needs nothing else.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path), ("number" = usize, Path, description = "The track's place, from 1 on.")),
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String),
        NotFinished,
    ),
)]
#[get("/v1/albums/{id}/tracks/{number}/report.html")]
pub async fn album_track_page(
    caller: Caller,
    app: Data<App>,
    path: Path<(AlbumId, usize)>,
) -> Result<HttpResponse, Problem> {
    let (filename, report) = of_track(&app, caller, path.into_inner()).await?;
    page(&app, &report, &filename)
}

/// The track's file name and report.
async fn of_track(
    app: &App,
    caller: Caller,
    (id, number): (AlbumId, usize),
) -> Result<(String, Value), Problem> {
    let mut album = find(app, caller, id).await?;
    let missing = || Problem::not_found("track");
    let place = number.checked_sub(1).ok_or_else(missing)?;
    let (_, filename) = album.tracks.get(place).ok_or_else(missing)?.clone();
    finished(album.result.as_ref(), "album", &address(id))?;
    let reports = album
        .result
        .as_mut()
        .and_then(|result| result.report.get_mut("tracks"));
    let report = reports.and_then(|reports| reports.get_mut(place));
    let report = report.ok_or_else(|| Problem::internal(&"an album without a track's report"))?;
    Ok((filename, report.take()))
}
