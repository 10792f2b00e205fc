//! `GET /v1/jobs/{id}`: one job.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use queue::JobId;

use super::view::Job;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// One job.
#[utoipa::path(
    tag = "jobs",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Job), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/jobs/{id}")]
pub async fn show_job(
    caller: Caller,
    app: Data<App>,
    id: Path<JobId>,
) -> Result<Json<Job>, Problem> {
    Ok(Json(find(&app, caller, *id).await?.into()))
}

/// The artist's own job, or 404.
pub(super) async fn find(app: &App, caller: Caller, id: JobId) -> Result<queue::Job, Problem> {
    app.queue
        .job(caller.scope(), id)
        .await?
        .ok_or_else(|| Problem::not_found("job"))
}
