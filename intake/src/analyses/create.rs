//! `POST /v1/analyses`: ask for an analysis of a track; answered at once, made by a job.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};

use super::accept::{AnalysisRequest, accept_analysis};
use super::view::Analysis;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;
use crate::idempotency::{Key, answer};
use crate::refusals::NotAccepted;

/// Ask for an analysis of a track: loudness and peaks, key and tempo, faults and where they are,
/// waveform and spectrogram.
///
/// Answered as soon as the job is durably stored. Follow it at the `Location`.
#[utoipa::path(
    tag = "analyses",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body = AnalysisRequest,
    responses(
        (status = 202, description = "Accepted.", body = Analysis, headers(("Location" = String, description = "The job."))),
        NotAccepted,
        (status = 404, description = "No such track.", body = Problem),
        (status = 422, description = "`invalid_field`, `idempotency_key_reused`", body = Problem),
    ),
)]
#[post("/v1/analyses")]
pub async fn create_analysis(
    caller: Caller,
    app: Data<App>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let key = Key::of(&request)?;
    let wanted: AnalysisRequest = json(&whole(body)?)?;
    let (analysis, replayed) = accept_analysis(&app, caller.0, key, wanted).await?;
    let job = format!("/v1/jobs/{}", analysis.job_id);
    Ok(answer(HttpResponse::Accepted(), job, &analysis, replayed))
}
