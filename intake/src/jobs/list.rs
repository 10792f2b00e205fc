//! `GET /v1/jobs`: the artist's jobs.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use queue::{Filter, Page};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::Job;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// How many items, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The artist's jobs, newest first.
#[utoipa::path(
    tag = "jobs",
    params(JobsQuery),
    responses((status = 200, body = PageOf<Job>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/jobs")]
pub async fn list_jobs(
    caller: Caller,
    app: Data<App>,
    query: Query<JobsQuery>,
) -> Result<Json<PageOf<Job>>, Problem> {
    let query = query.into_inner();
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let (limit, after) = page.parse()?;
    let state = query
        .state
        .as_deref()
        .map(crate::admin::filter::state)
        .transpose()?;
    let filter = Filter {
        state,
        kind: query.kind,
        ..Filter::default()
    };
    let page = Page {
        after: after.map(Into::into),
        limit: limit.saturating_add(1),
    };
    let rows = app.queue.jobs(caller.scope(), &filter, page).await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.id.uuid(),
        Job::from,
    )))
}
