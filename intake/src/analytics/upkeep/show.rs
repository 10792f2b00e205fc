//! `GET /v1/analytics/models/{model}/upkeep`: how a model is looked after.

use ::models::ArtistId;
use ::models::upkeep::{self, UpkeepRow};
use actix_web::get;
use actix_web::web::{Data, Json, Path};
use queue::{ScheduleId, Scope};

use super::view::Upkeep;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// How a model is looked after.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    responses(
        (status = 200, body = Upkeep),
        (status = 401, body = Problem),
        (status = 404, description = "It is not looked after, or there is no such model.", body = Problem),
    ),
)]
#[get("/v1/analytics/models/{model}/upkeep")]
pub async fn show_upkeep(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
) -> Result<Json<Upkeep>, Problem> {
    let row = found(&app, caller.0, &model).await?;
    Ok(Json(shown(&app, row).await?))
}

/// The upkeep of the artist's own model, or 404.
pub(super) async fn found(app: &App, artist: ArtistId, model: &str) -> Result<UpkeepRow, Problem> {
    let mut db = app.pool.get().await?;
    let row = upkeep::find(&mut db, artist, model).await?;
    row.ok_or_else(|| Problem::not_found("upkeep of a model"))
}

/// An upkeep with its schedule as it is now.
pub(super) async fn shown(app: &App, row: UpkeepRow) -> Result<Upkeep, Problem> {
    let id = ScheduleId(row.schedule_id.uuid());
    let scope = Scope::Tenant(row.artist_id.uuid());
    let schedule = app.queue.schedule(scope, id).await?;
    let (rows, outcomes) = {
        let mut db = app.pool.get().await?;
        upkeep::counts(&mut db, row.artist_id, &row.model).await?
    };
    let (cron, timezone) = schedule
        .as_ref()
        .map(|schedule| (schedule.cron.clone(), schedule.zone.clone()))
        // An operator deleted it: putting the upkeep again brings it back.
        .unwrap_or_default();
    Ok(Upkeep {
        model: row.model,
        cron,
        timezone,
        policy: row.policy.0,
        next_at: schedule.as_ref().and_then(|it| it.next_at).map(Into::into),
        paused_at: schedule.and_then(|it| it.paused_at).map(Into::into),
        rows,
        outcomes,
        created_at: row.created_at.into(),
    })
}
