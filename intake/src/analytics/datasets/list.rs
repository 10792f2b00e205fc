//! `GET /v1/analytics/datasets`: the artist's datasets.

use ::models::datasets;
use actix_web::get;
use actix_web::web::{Data, Json, Query};

use super::view::Dataset;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// The artist's datasets, newest first.
#[utoipa::path(
    tag = "analytics",
    params(PageQuery),
    responses((status = 200, body = PageOf<Dataset>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/analytics/datasets")]
pub async fn list_datasets(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Dataset>>, Problem> {
    let (limit, after) = query.parse()?;
    let mut db = app.pool.get().await?;
    let after = after.map(Into::into);
    let rows = datasets::list(&mut db, caller.0, after, i64::from(limit) + 1).await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.id.uuid(),
        Dataset::from,
    )))
}
