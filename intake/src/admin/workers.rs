//! `GET /v1/admin/workers`: which processes hold a lease.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde_json::Value;

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// The workers: which process each is, what it serves and runs, and until when its lease holds.
#[utoipa::path(
    tag = "admin",
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
    ),
)]
#[get("/v1/admin/workers")]
pub async fn admin_list_workers(
    _operator: Operator,
    app: Data<App>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&app.queue.workers().await?)?))
}
