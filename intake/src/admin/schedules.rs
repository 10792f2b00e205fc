//! `GET /v1/admin/schedules`, `…/{id}` and `…/{id}/upcoming`.

use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};
use chrono::{DateTime, Utc};
use queue::{Page, ScheduleId, Scope};
use serde_json::Value;

use super::{told, told_page};
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// How many ticks ahead are shown.
const AHEAD: usize = 20;

/// All schedules, newest first.
#[utoipa::path(
    tag = "admin",
    params(PageQuery),
    responses(
        (status = 200, body = PageOf<Value>),
        OperatorsOnly,
        (status = 422, body = Problem),
    ),
)]
#[get("/v1/admin/schedules")]
pub async fn admin_list_schedules(
    _operator: Operator,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Value>>, Problem> {
    let (limit, after) = query.parse()?;
    let page = Page {
        after: after.map(ScheduleId),
        limit: limit.saturating_add(1),
    };
    let rows = app.queue.schedules(Scope::Operator, page).await?;
    Ok(Json(told_page(&rows, limit, |row| row.id.uuid())?))
}

/// One schedule.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[get("/v1/admin/schedules/{id}")]
pub async fn admin_show_schedule(
    _operator: Operator,
    app: Data<App>,
    id: Path<ScheduleId>,
) -> Result<Json<Value>, Problem> {
    let schedule = app.queue.schedule(Scope::Operator, *id).await?;
    let schedule = schedule.ok_or_else(|| Problem::not_found("schedule"))?;
    Ok(Json(told(&schedule)?))
}

/// The next twenty ticks of a schedule, paused or not.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Vec<DateTime<Utc>>),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[get("/v1/admin/schedules/{id}/upcoming")]
pub async fn admin_upcoming(
    _operator: Operator,
    app: Data<App>,
    id: Path<ScheduleId>,
) -> Result<Json<Vec<DateTime<Utc>>>, Problem> {
    let ticks = app.queue.upcoming(Scope::Operator, *id, AHEAD).await?;
    let ticks = ticks.ok_or_else(|| Problem::not_found("schedule"))?;
    Ok(Json(ticks.into_iter().map(Into::into).collect()))
}
