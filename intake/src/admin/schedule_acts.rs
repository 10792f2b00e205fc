//! `POST /v1/admin/schedules/{id}/pause`, `…/resume`, `…/trigger`, and `DELETE …/{id}`.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, post};
use queue::ScheduleId;
use serde_json::{Value, json};

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// Stop a schedule from ticking. Repeating it changes nothing.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[post("/v1/admin/schedules/{id}/pause")]
pub async fn admin_pause_schedule(
    operator: Operator,
    app: Data<App>,
    id: Path<ScheduleId>,
) -> Result<Json<Value>, Problem> {
    let schedule = app.queue.pause_schedule(operator.actor(), *id).await?;
    let schedule = schedule.ok_or_else(|| Problem::not_found("schedule"))?;
    Ok(Json(told(&schedule)?))
}

/// Let a schedule tick again, from its next tick on. Repeating it changes nothing.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[post("/v1/admin/schedules/{id}/resume")]
pub async fn admin_resume_schedule(
    operator: Operator,
    app: Data<App>,
    id: Path<ScheduleId>,
) -> Result<Json<Value>, Problem> {
    let schedule = app.queue.resume_schedule(operator.actor(), *id).await?;
    let schedule = schedule.ok_or_else(|| Problem::not_found("schedule"))?;
    Ok(Json(told(&schedule)?))
}

/// Enqueue a schedule's job now, outside its ticks.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 202, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[post("/v1/admin/schedules/{id}/trigger")]
pub async fn admin_trigger_schedule(
    operator: Operator,
    app: Data<App>,
    id: Path<ScheduleId>,
) -> Result<HttpResponse, Problem> {
    let job = app.queue.trigger_schedule(operator.actor(), *id).await?;
    let job = job.ok_or_else(|| Problem::not_found("schedule"))?;
    Ok(HttpResponse::Accepted().json(json!({ "job": job })))
}

/// Delete a schedule; its jobs stay.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "Deleted."),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[delete("/v1/admin/schedules/{id}")]
pub async fn admin_delete_schedule(
    operator: Operator,
    app: Data<App>,
    id: Path<ScheduleId>,
) -> Result<HttpResponse, Problem> {
    if app.queue.delete_schedule(operator.actor(), *id).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found("schedule"))
    }
}
