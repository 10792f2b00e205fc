//! `POST /v1/masters`: ask for a master; answered at once, made by a job.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};

use super::accept::accept_master;
use super::request::MasterRequest;
use super::view::Master;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;
use crate::idempotency::{Key, answer};
use crate::refusals::NotAccepted;

/// Ask for a master of a track.
///
/// Answered as soon as the job is durably stored. Follow it at the `Location`.
#[utoipa::path(
    tag = "masters",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body = MasterRequest,
    responses(
        (status = 202, description = "Accepted.", body = Master, headers(("Location" = String, description = "The job."))),
        NotAccepted,
        (status = 404, description = "No such track.", body = Problem),
        (status = 422, description = "`invalid_field`, `unknown_target`, `out_of_range`, `not_in_this_format`, `unknown_preset`, `no_such_stage`, `not_with_assistant`, `not_together`, `reference_needed`, `duplicate_output`, `idempotency_key_reused`", body = Problem),
    ),
)]
#[post("/v1/masters")]
pub async fn create_master(
    caller: Caller,
    app: Data<App>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let key = Key::of(&request)?;
    let wanted: MasterRequest = json(&whole(body)?)?;
    let (master, replayed) = accept_master(&app, caller.0, key, wanted).await?;

    let job = format!("/v1/jobs/{}", master.job_id);
    Ok(answer(HttpResponse::Accepted(), job, &master, replayed))
}
