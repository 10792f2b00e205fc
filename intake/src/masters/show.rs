//! `GET /v1/masters/{id}`: one master with its state and, once done, its report.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use models::MasterId;
use models::masters::{self, MasterOfTrack, Purpose};
use queue::JobId;

use super::view::Master;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// One master.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Master), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/masters/{id}")]
pub async fn show_master(
    caller: Caller,
    app: Data<App>,
    id: Path<MasterId>,
) -> Result<Json<Master>, Problem> {
    Ok(Json(shown(&app, caller, Purpose::Master, *id).await?))
}

/// The artist's own master as it is now, or 404.
pub(crate) async fn shown(
    app: &App,
    caller: Caller,
    purpose: Purpose,
    id: MasterId,
) -> Result<Master, Problem> {
    let found = find(app, caller, purpose, id).await?;
    let job = if found.master.result.is_some() {
        None
    } else {
        let id = JobId(found.master.job_id.uuid());
        app.queue.job(caller.scope(), id).await?
    };
    Ok(Master::of(found.master, &found.track_filename, job))
}

/// The artist's own master with its track's name, or 404.
pub(crate) async fn find(
    app: &App,
    caller: Caller,
    purpose: Purpose,
    id: MasterId,
) -> Result<MasterOfTrack, Problem> {
    let mut db = app.pool.get().await?;
    masters::find(&mut db, caller.0, purpose, id)
        .await?
        .ok_or_else(|| Problem::not_found(purpose.as_str()))
}
