//! `POST /v1/tracks`: hand in a track.

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use utoipa::IntoParams;

use super::accept::accept_track;
use super::receive::{Received, place, receive, tidy};
use super::view::Track;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::idempotency;

/// How the file is to be called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The file's name; for a multipart body, its part's own name is used when this is absent.
    pub filename: Option<String>,
}

/// Hand in a track.
///
/// The file is the raw body, or the part `file` of a multipart body. It is recognised by its
/// bytes, never by its name. The answer comes when it is durably stored.
#[utoipa::path(
    tag = "tracks",
    params(UploadQuery, ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body(content(
        (Vec<u8> = "application/octet-stream"),
        (UploadForm = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "Stored.", body = Track, headers(("Location" = String))),
        (status = 400, description = "`upload_interrupted`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 408, description = "`upload_stalled`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_audio`, `unsupported_audio`", body = Problem),
        (status = 422, description = "`empty_file`, `truncated`, `corrupt`, `drm_protected`, `too_long`, …", body = Problem),
        (status = 503, description = "`too_many_uploads`, `unavailable`", body = Problem),
    ),
)]
#[post("/v1/tracks")]
pub async fn upload_track(
    caller: Caller,
    app: Data<App>,
    query: Query<UploadQuery>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let key = idempotency::Key::of(&request)?;
    let _place = place(&app)?;
    let limit = app.limits.max_upload_bytes;
    let Received { file, filename } = receive(&app, &request, body, limit).await?;
    let filename = query.filename.as_deref().map(tidy).or(filename);
    let (track, replayed) = accept_track(&app, caller.0, key, file, filename).await?;

    let location = format!("/v1/tracks/{}", track.id);
    let created = HttpResponse::Created();
    Ok(idempotency::answer(created, location, &track, replayed))
}

/// The multipart form.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub struct UploadForm {
    /// The track.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}
