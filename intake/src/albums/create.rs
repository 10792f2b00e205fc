//! `POST /v1/albums`: ask for tracks to be mastered together; answered at once, made by a job.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};

use super::accept::accept_album;
use super::request::AlbumRequest;
use super::view::Album;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;
use crate::idempotency::{Key, answer};

/// Ask for tracks to be mastered together.
///
/// Answered as soon as the job is durably stored. Follow it at the `Location`.
#[utoipa::path(
    tag = "masters",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body = AlbumRequest,
    responses(
        (status = 202, description = "Accepted.", body = Album, headers(("Location" = String, description = "The job."))),
        (status = 400, description = "`bad_json`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 404, description = "No such track; the field tells which.", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `duplicate_track`, and whatever a master is refused with", body = Problem),
        (status = 429, description = "`too_many_waiting_jobs`", body = Problem),
    ),
)]
#[post("/v1/albums")]
pub async fn create_album(
    caller: Caller,
    app: Data<App>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let key = Key::of(&request)?;
    let wanted: AlbumRequest = json(&whole(body)?)?;
    let (album, replayed) = accept_album(&app, caller.0, key, wanted).await?;
    let job = format!("/v1/jobs/{}", album.job_id);
    Ok(answer(HttpResponse::Accepted(), job, &album, replayed))
}
