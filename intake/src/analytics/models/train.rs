//! `POST /v1/analytics/models`: ask for a training; answered at once, made by a job.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};

use super::accept::{TrainingRequest, accept_training};
use super::view::Training;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;
use crate::idempotency::{Key, answer};
use crate::refusals::NotAccepted;

/// Ask for a training: a new version of a model that tells who is likely to leave (`churn`), or of
/// one that forecasts your metrics (`forecast`).
///
/// A forecaster needs 16 series of at least 84 days; with less its job ends with `not_enough_data`, which
/// says what there is. Analytics are forecast by it where it was better than the statistical methods on
/// days held out.
///
/// The first version of a model answers at once (`champion`); later ones wait to be promoted
/// (`challenger`). Answered as soon as the job is durably stored. Follow it at the `Location`.
#[utoipa::path(
    tag = "analytics",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body = TrainingRequest,
    responses(
        (status = 202, description = "Accepted.", body = Training, headers(("Location" = String, description = "The job."))),
        NotAccepted,
        (status = 404, description = "No such dataset.", body = Problem),
        (status = 422, description = "`invalid_field`, `missing_field`, `out_of_range`, `idempotency_key_reused`", body = Problem),
    ),
)]
#[post("/v1/analytics/models")]
pub async fn train_model(
    caller: Caller,
    app: Data<App>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let key = Key::of(&request)?;
    let wanted: TrainingRequest = json(&whole(body)?)?;
    let (training, replayed) = accept_training(&app, caller.0, key, wanted).await?;
    let job = format!("/v1/jobs/{}", training.job_id);
    Ok(answer(HttpResponse::Accepted(), job, &training, replayed))
}
