//! `GET /v1/admin/flows/{id}` and `POST …/cancel`.

use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};
use queue::{FlowId, Scope};
use serde_json::{Value, json};

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// A flow: its jobs, and who needs whom.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[get("/v1/admin/flows/{id}")]
pub async fn admin_show_flow(
    _operator: Operator,
    app: Data<App>,
    id: Path<FlowId>,
) -> Result<Json<Value>, Problem> {
    let flow = app.queue.flow(Scope::Operator, *id).await?;
    Ok(Json(told(
        &flow.ok_or_else(|| Problem::not_found("flow"))?,
    )?))
}

/// Cancel a flow's unfinished jobs. Repeating it does no harm.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[post("/v1/admin/flows/{id}/cancel")]
pub async fn admin_cancel_flow(
    operator: Operator,
    app: Data<App>,
    id: Path<FlowId>,
) -> Result<Json<Value>, Problem> {
    let why = "cancelled by an operator";
    let count = app.queue.cancel_flow(operator.actor(), *id, why).await?;
    let count = count.ok_or_else(|| Problem::not_found("flow"))?;
    Ok(Json(
        json!({ "cancelled": count.done, "requested": count.requested }),
    ))
}
