//! `GET /v1/admin/queues` and `GET /v1/admin/queues/{queue}`: how the queues stand.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use serde_json::Value;

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// Every queue: jobs by state, age of the oldest waiting one, workers, pause and limit.
#[utoipa::path(
    tag = "admin",
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
    ),
)]
#[get("/v1/admin/queues")]
pub async fn admin_list_queues(
    _operator: Operator,
    app: Data<App>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&app.queue.queues().await?)?))
}

/// One queue; a name that nobody has used yet is an empty queue.
#[utoipa::path(
    tag = "admin",
    params(("queue" = String, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
    ),
)]
#[get("/v1/admin/queues/{queue}")]
pub async fn admin_show_queue(
    _operator: Operator,
    app: Data<App>,
    queue: Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&app.queue.queue_view(&queue).await?)?))
}
