//! `GET /v1/admin/acts`: what people did.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use queue::{ActFilter, ActId, Page};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::told_page;
use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// Which acts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActsQuery {
    /// Only what this operator did, or this artist by its id.
    pub actor: Option<String>,
    /// Only such acts, as in `retry_job`.
    pub act: Option<String>,
    /// Only what was done to the job, queue, schedule or flow with this id or name.
    pub target: Option<String>,
    /// How many items, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What people did, newest first.
#[utoipa::path(
    tag = "admin",
    params(ActsQuery),
    responses(
        (status = 200, body = PageOf<Value>),
        OperatorsOnly,
        (status = 422, body = Problem),
    ),
)]
#[get("/v1/admin/acts")]
pub async fn admin_list_acts(
    _operator: Operator,
    app: Data<App>,
    query: Query<ActsQuery>,
) -> Result<Json<PageOf<Value>>, Problem> {
    let query = query.into_inner();
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let (limit, after) = page.parse()?;
    let filter = ActFilter {
        actor: query.actor,
        act: query.act,
        target: query.target,
    };
    let page = Page {
        after: after.map(ActId),
        limit: limit.saturating_add(1),
    };
    let rows = app.queue.acts(&filter, page).await?;
    Ok(Json(told_page(&rows, limit, |row| row.id.uuid())?))
}
