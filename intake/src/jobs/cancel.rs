//! `DELETE /v1/jobs/{id}`: stop a job.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete};
use queue::{Cancel, JobId, State};

use super::show::find;
use super::view::Job;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// Stop a job.
///
/// A job that waits is cancelled at once; one that runs stops within a second or so.
#[utoipa::path(
    tag = "jobs",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "Cancelled, also if it was before.", body = Job),
        (status = 202, description = "It runs, and was asked to stop.", body = Job),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "`already_finished`", body = Problem),
    ),
)]
#[delete("/v1/jobs/{id}")]
pub async fn cancel_job(
    caller: Caller,
    app: Data<App>,
    id: Path<JobId>,
) -> Result<HttpResponse, Problem> {
    let outcome = app
        .queue
        .cancel(caller.scope(), *id, "cancelled by the artist")
        .await?;
    let job = find(&app, caller, *id).await?;
    let state = job.state;
    let shown = Job::from(job);
    match outcome {
        Cancel::NotFound => Err(Problem::not_found("job")),
        Cancel::Requested => Ok(HttpResponse::Accepted().json(shown)),
        Cancel::Done => Ok(HttpResponse::Ok().json(shown)),
        Cancel::AlreadyFinished if state == State::Cancelled => Ok(HttpResponse::Ok().json(shown)),
        Cancel::AlreadyFinished => Err(Problem::new(
            StatusCode::CONFLICT,
            "already_finished",
            format!("The job is {state} and can't be cancelled any more."),
        )),
    }
}
