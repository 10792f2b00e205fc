//! `POST /v1/admin/jobs/{id}/cancel` and `…/retry`.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, post};
use queue::{Cancel, JobId, Retried, Scope, State};
use serde_json::{Value, json};

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// Stop a job.
///
/// A job that waits is cancelled at once; one that runs stops within a second or so. Repeating it
/// does no harm.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "Cancelled, also if it was before.", body = Value),
        (status = 202, description = "It runs, and was asked to stop.", body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
        (status = 409, description = "`already_finished`", body = Problem),
    ),
)]
#[post("/v1/admin/jobs/{id}/cancel")]
pub async fn admin_cancel_job(
    operator: Operator,
    app: Data<App>,
    id: Path<JobId>,
) -> Result<HttpResponse, Problem> {
    let why = "cancelled by an operator";
    let outcome = app.queue.cancel(operator.actor(), *id, why).await?;
    let job = app.queue.job(Scope::Operator, *id).await?;
    let job = job.ok_or_else(|| Problem::not_found("job"))?;
    match outcome {
        Cancel::NotFound => Err(Problem::not_found("job")),
        Cancel::Requested => Ok(HttpResponse::Accepted().json(told(&job)?)),
        Cancel::AlreadyFinished if job.state != State::Cancelled => Err(conflict(
            "already_finished",
            format!("The job is {} and can't be cancelled any more.", job.state),
        )),
        Cancel::Done | Cancel::AlreadyFinished => Ok(HttpResponse::Ok().json(told(&job)?)),
    }
}

/// Run a dead or cancelled job again.
///
/// In a flow, what was cancelled because of it comes back too.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
        (status = 409, description = "`not_failed`; or needs_failed and superseded, where a flow or a unique key is in the way.", body = Problem),
    ),
)]
#[post("/v1/admin/jobs/{id}/retry")]
pub async fn admin_retry_job(
    operator: Operator,
    app: Data<App>,
    id: Path<JobId>,
) -> Result<Json<Value>, Problem> {
    match app.queue.retry(operator.actor(), *id).await? {
        Retried::Done => Ok(Json(json!({ "job": *id, "outcome": "retried" }))),
        Retried::NotFound => Err(Problem::not_found("job")),
        Retried::NotFailed => Err(conflict(
            "not_failed",
            "The job is neither dead nor cancelled.",
        )),
        Retried::NeedsFailed => Err(conflict(
            "needs_failed",
            "The job needs a job that failed. Retry that one.",
        )),
        Retried::Superseded => Err(conflict(
            "superseded",
            "Another unfinished job has taken its place.",
        )),
    }
}

/// 409: the thing is not in the state for it.
pub(super) fn conflict(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
}
