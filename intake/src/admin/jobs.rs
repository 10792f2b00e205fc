//! `GET /v1/admin/jobs` and `GET /v1/admin/jobs/{id}`: all artists' jobs, and one job's story.

use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};
use queue::{JobId, Page, Scope};
use serde_json::Value;

use super::filter::JobsQuery;
use super::told;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;
use crate::page::PageOf;

/// Jobs of all artists, newest first.
///
/// A page may hold fewer jobs than asked for, or none, and still have a `next_cursor`: a search by
/// error code, end or payload looks at 50,000 jobs at a time.
#[utoipa::path(
    tag = "admin",
    params(JobsQuery),
    responses(
        (status = 200, body = PageOf<Value>),
        (status = 400, description = "`bad_query`", body = Problem),
        OperatorsOnly,
        (status = 422, description = "`unknown_state`, `bad_cursor`, `out_of_range`, `job_invalid`", body = Problem),
    ),
)]
#[get("/v1/admin/jobs")]
pub async fn admin_list_jobs(
    _operator: Operator,
    app: Data<App>,
    query: Query<JobsQuery>,
) -> Result<Json<PageOf<Value>>, Problem> {
    let (filter, page) = query.into_inner().split();
    let (limit, after) = page.parse()?;
    let page = Page {
        after: after.map(JobId),
        limit,
    };
    let filter = filter.read()?;
    let found = app.queue.search(Scope::Operator, &filter, page).await?;
    Ok(Json(PageOf {
        items: found.jobs.iter().map(told).collect::<Result<_, _>>()?,
        next_cursor: found.next.map(|id| id.to_string()),
    }))
}

/// One job's whole story.
///
/// Every attempt with its worker, effects, log lines, what it needs and who needs it, the tick that
/// made it, and what people did to it.
#[utoipa::path(
    tag = "admin",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Value),
        OperatorsOnly,
        (status = 404, body = Problem),
    ),
)]
#[get("/v1/admin/jobs/{id}")]
pub async fn admin_job_story(
    _operator: Operator,
    app: Data<App>,
    id: Path<JobId>,
) -> Result<Json<Value>, Problem> {
    let story = app.queue.story(Scope::Operator, *id).await?;
    let story = story.ok_or_else(|| Problem::not_found("job"))?;
    Ok(Json(told(&story)?))
}
