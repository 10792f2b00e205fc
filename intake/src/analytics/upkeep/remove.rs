//! `DELETE /v1/analytics/models/{model}/upkeep`: have a model looked after no longer.

use ::models::upkeep;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete};
use queue::{Actor, ScheduleId};

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// Have a model looked after no longer.
///
/// The rows that were kept go. The model, its versions and the record of checks stay; a training that is under
/// way ends as a challenger that nobody judges.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "It is off."),
        (status = 401, body = Problem),
        (status = 404, description = "It was off, or there is no such model.", body = Problem),
    ),
)]
#[delete("/v1/analytics/models/{model}/upkeep")]
pub async fn remove_upkeep(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (artist, model) = (caller.0, model.into_inner());
    let removed = app
        .pool
        .tx(move |db| Box::pin(async move { upkeep::remove(db, artist, &model).await }))
        .await?;
    let schedule = removed.ok_or_else(|| Problem::not_found("upkeep of a model"))?;
    let actor = Actor::tenant(artist.uuid());
    app.queue
        .delete_schedule(actor, ScheduleId(schedule.uuid()))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
