//! `GET /v1/masters/{id}/audio`: the finished master.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::MasterId;
use storage::Key;

use super::show::find;
use super::view::filename;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::ranges::{Download, send};

/// The finished master's file; `Range` is honoured.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path), ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, description = "The whole file.", content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "One range of it.", content_type = "audio/wav", body = Vec<u8>),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "`not_finished`", body = Problem),
        (status = 416, description = "`no_such_range`", body = Problem),
    ),
)]
#[route("/v1/masters/{id}/audio", method = "GET", method = "HEAD")]
pub async fn master_audio(
    caller: Caller,
    app: Data<App>,
    id: Path<MasterId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = *id;
    let found = find(&app, caller, id).await?;
    let master = found.master;
    let result = master.result.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "not_finished",
            format!("This master has no file (yet). Its state is at /v1/masters/{id}."),
        )
    })?;
    let download = Download {
        key: &Key::new(result.object_key.clone())?,
        size_bytes: u64::try_from(result.size_bytes).map_err(|e| Problem::internal(&e))?,
        sha256: &result.sha256,
        media_type: &result.media_type,
        filename: filename(&found.track_filename, &master.wanted),
    };
    send(&app.storage, &request, download).await
}
