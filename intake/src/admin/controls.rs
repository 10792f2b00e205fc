//! `POST /v1/admin/queues/{queue}/pause`, `…/resume`, `…/drain`, and `PUT …/limit`.

use actix_web::web::{Bytes, Data, Json, Path};
use actix_web::{post, put};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::body::{json as read, whole};
use crate::error::Problem;

/// Stop the claims of a queue, or of all (`*`); what runs goes on. Repeating it changes nothing.
#[utoipa::path(
    tag = "admin",
    params(("queue" = String, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 422, description = "`job_invalid`", body = Problem),
    ),
)]
#[post("/v1/admin/queues/{queue}/pause")]
pub async fn admin_pause_queue(
    operator: Operator,
    app: Data<App>,
    queue: Path<String>,
) -> Result<Json<Value>, Problem> {
    let control = app.queue.pause_queue(operator.actor(), &queue).await?;
    Ok(Json(told(&control)?))
}

/// Let the claims of a queue, or of all (`*`), go on. Repeating it changes nothing.
#[utoipa::path(
    tag = "admin",
    params(("queue" = String, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 422, description = "`job_invalid`", body = Problem),
    ),
)]
#[post("/v1/admin/queues/{queue}/resume")]
pub async fn admin_resume_queue(
    operator: Operator,
    app: Data<App>,
    queue: Path<String>,
) -> Result<Json<Value>, Problem> {
    let control = app.queue.resume_queue(operator.actor(), &queue).await?;
    Ok(Json(told(&control)?))
}

/// Pause a queue, or all (`*`), and answer how many of its jobs still run.
///
/// Ask again until `running` is 0, twice in a row.
#[utoipa::path(
    tag = "admin",
    params(("queue" = String, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 422, description = "`job_invalid`", body = Problem),
    ),
)]
#[post("/v1/admin/queues/{queue}/drain")]
pub async fn admin_drain_queue(
    operator: Operator,
    app: Data<App>,
    queue: Path<String>,
) -> Result<Json<Value>, Problem> {
    let control = app.queue.drain_queue(operator.actor(), &queue).await?;
    let running = app.queue.running(&queue).await?;
    let paused = (control.paused_at, control.paused_by);
    Ok(Json(
        json!({ "running": running, "paused_at": paused.0, "paused_by": paused.1 }),
    ))
}

/// A limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many jobs run at a time, over all workers; null: no limit.
    pub max_running: Option<u32>,
}

/// Set how many jobs of a queue, or of all together (`*`), run at a time.
#[utoipa::path(
    tag = "admin",
    params(("queue" = String, Path)),
    request_body = Limit,
    responses(
        (status = 200, body = Value),
        (status = 400, description = "`bad_json`", body = Problem),
        OperatorsOnly,
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `job_invalid`", body = Problem),
    ),
)]
#[put("/v1/admin/queues/{queue}/limit")]
pub async fn admin_limit_queue(
    operator: Operator,
    app: Data<App>,
    queue: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<Value>, Problem> {
    let limit: Limit = read(&whole(body)?)?;
    let control = app
        .queue
        .limit_queue(operator.actor(), &queue, limit.max_running);
    Ok(Json(told(&control.await?)?))
}
