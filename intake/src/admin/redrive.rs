//! `POST /v1/admin/jobs/redrive`: run all that failed and that a filter names again.

use actix_web::post;
use actix_web::web::{Bytes, Data, Json};
use queue::Scope;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::filter::JobFilter;
use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::body::{json as read, whole};
use crate::error::Problem;

/// What to redrive.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redrive {
    /// Which jobs: dead ones, unless its state is `cancelled`.
    #[serde(default)]
    pub filter: JobFilter,
    /// Only counts them.
    #[serde(default)]
    pub dry_run: bool,
    /// At most so many, the oldest first; all when absent.
    pub limit: Option<u64>,
}

/// Run all dead jobs that a filter names again.
///
/// A dry run answers `would_retry`. Otherwise the answer counts what was retried and what was
/// skipped and why; repeating it finds nothing more to do.
#[utoipa::path(
    tag = "admin",
    request_body = Redrive,
    responses(
        (status = 200, body = Value),
        (status = 400, description = "`bad_json`", body = Problem),
        OperatorsOnly,
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `unknown_state`, `job_invalid`", body = Problem),
    ),
)]
#[post("/v1/admin/jobs/redrive")]
pub async fn admin_redrive_jobs(
    operator: Operator,
    app: Data<App>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<Value>, Problem> {
    let wanted: Redrive = read(&whole(body)?)?;
    let filter = wanted.filter.read()?;
    if wanted.dry_run {
        let found = app.queue.redrivable(Scope::Operator, &filter).await?;
        let count = wanted.limit.map_or(found, |limit| found.min(limit));
        return Ok(Json(json!({ "would_retry": count })));
    }
    let redriven = app.queue.redrive(operator.actor(), &filter, wanted.limit);
    Ok(Json(told(&redriven.await?)?))
}
