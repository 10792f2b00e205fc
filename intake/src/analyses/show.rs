//! `GET /v1/analyses/{id}`: one analysis with its state and, once done, what was found.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use models::AnalysisId;
use models::analyses::{self, AnalysisOfTrack};
use queue::JobId;

use super::view::Analysis;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// One analysis.
#[utoipa::path(
    tag = "analyses",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Analysis), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/analyses/{id}")]
pub async fn show_analysis(
    caller: Caller,
    app: Data<App>,
    id: Path<AnalysisId>,
) -> Result<Json<Analysis>, Problem> {
    let found = find(&app, caller, *id).await?;
    let job = if found.analysis.result.is_some() {
        None
    } else {
        let id = JobId(found.analysis.job_id.uuid());
        app.queue.job(caller.scope(), id).await?
    };
    Ok(Json(Analysis::of(
        found.analysis,
        &found.track_filename,
        job,
    )))
}

/// The artist's own analysis with its track's name, or 404.
pub(super) async fn find(
    app: &App,
    caller: Caller,
    id: AnalysisId,
) -> Result<AnalysisOfTrack, Problem> {
    let mut db = app.pool.get().await?;
    analyses::find(&mut db, caller.0, id)
        .await?
        .ok_or_else(|| Problem::not_found("analysis"))
}
