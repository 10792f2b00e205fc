//! `GET /v1/tracks/{id}/audio`: the file as it was handed in.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::TrackId;
use storage::Key;

use super::show::find;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::ranges::{Download, send};

/// The file as it was handed in; `Range` is honoured.
#[utoipa::path(
    tag = "tracks",
    params(("id" = Uuid, Path), ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, description = "The whole file.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "One range of it.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 416, description = "`no_such_range`", body = Problem),
    ),
)]
#[route("/v1/tracks/{id}/audio", method = "GET", method = "HEAD")]
pub async fn track_audio(
    caller: Caller,
    app: Data<App>,
    id: Path<TrackId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let row = find(&app, caller.0, *id).await?;
    let download = Download {
        key: &Key::new(row.object_key.clone())?,
        size_bytes: u64::try_from(row.size_bytes).map_err(|e| Problem::internal(&e))?,
        sha256: &row.sha256,
        media_type: &row.media_type,
        filename: row.filename,
    };
    send(&app.storage, &request, download).await
}
