//! `POST /v1/previews`: ask for a preview of a master.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use models::masters::Purpose;

use super::request::PreviewRequest;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;
use crate::idempotency::{Key, answer};
use crate::masters::accept::accept;
use crate::masters::view::Master;
use crate::refusals::NotAccepted;

/// Ask for a preview of a master: its loudest 30 seconds as Ogg Vorbis.
///
/// It is the same sound as the master's, and goes before every master that waits. Answered as soon
/// as the job is durably stored. Follow it at the `Location`.
#[utoipa::path(
    tag = "masters",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body = PreviewRequest,
    responses(
        (status = 202, description = "Accepted.", body = Master, headers(("Location" = String, description = "The job."))),
        NotAccepted,
        (status = 404, description = "No such track.", body = Problem),
        (status = 422, description = "`invalid_field`, `unknown_target`, `out_of_range`, `unknown_preset`, `no_such_stage`, `not_with_assistant`, `not_together`, `reference_needed`, `idempotency_key_reused`", body = Problem),
    ),
)]
#[post("/v1/previews")]
pub async fn create_preview(
    caller: Caller,
    app: Data<App>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let key = Key::of(&request)?;
    let wanted: PreviewRequest = json(&whole(body)?)?;
    let (preview, replayed) = accept(&app, caller.0, key, Purpose::Preview, wanted.into()).await?;
    let job = format!("/v1/jobs/{}", preview.job_id);
    Ok(answer(HttpResponse::Accepted(), job, &preview, replayed))
}
