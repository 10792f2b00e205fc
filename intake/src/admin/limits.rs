//! `/v1/admin/limits`: what keys may do.

use actix_web::web::{Bytes, Data, Json, Path};
use actix_web::{HttpResponse, delete, get, put};
use queue::Rate;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::body::{json as read, whole};
use crate::error::Problem;

/// Every limit, by name.
#[utoipa::path(
    tag = "admin",
    responses(
        (status = 200, body = Vec<Value>),
        OperatorsOnly,
    ),
)]
#[get("/v1/admin/limits")]
pub async fn admin_list_limits(_: Operator, app: Data<App>) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&app.queue.limits().await?)?))
}

/// What each key of a name may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyLimit {
    /// How many jobs of a key run at once, over all workers, 0 to 2147483647; null: no limit.
    pub max_running: Option<u32>,
    /// How often jobs of a key start, as `{"count": 100, "period_seconds": 60, "burst": 10}`, each
    /// 1 to 2147483647; null: no limit.
    #[schema(value_type = Option<Object>)]
    pub rate: Option<Rate>,
}

/// Set the limit of a name, for each of its keys by itself, or change it.
#[utoipa::path(
    tag = "admin",
    params(("name" = String, Path, description = "1 to 64 bytes without `/`.")),
    request_body = KeyLimit,
    responses(
        (status = 200, body = Value),
        (status = 400, description = "`bad_json`", body = Problem),
        OperatorsOnly,
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `limit_invalid`", body = Problem),
    ),
)]
#[put("/v1/admin/limits/{name}")]
pub async fn admin_put_limit(
    operator: Operator,
    app: Data<App>,
    name: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<Value>, Problem> {
    let KeyLimit { max_running, rate } = read(&whole(body)?)?;
    let limit = queue::Limit {
        name: name.into_inner(),
        max_running,
        rate,
    };
    let answer = told(&limit)?;
    app.queue.put_limit(operator.actor(), limit).await?;
    Ok(Json(answer))
}

/// Remove a limit. Jobs of its keys start like any other.
#[utoipa::path(
    tag = "admin",
    params(("name" = String, Path)),
    responses(
        (status = 204, description = "It is gone."),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[delete("/v1/admin/limits/{name}")]
pub async fn admin_delete_limit(
    operator: Operator,
    app: Data<App>,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    if app.queue.delete_limit(operator.actor(), &name).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found("limit"))
    }
}
