//! `GET /v1/analytics/models/{model}/checks`: what upkeep looked at, found and decided.

use ::models::upkeep;
use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};

use super::view::Check;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// What upkeep looked at, found and decided, newest first.
///
/// Checks stay when upkeep is turned off, until the models are erased.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name."), PageQuery),
    responses(
        (status = 200, body = PageOf<Check>),
        (status = 401, body = Problem),
        (status = 422, body = Problem),
    ),
)]
#[get("/v1/analytics/models/{model}/checks")]
pub async fn list_checks(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Check>>, Problem> {
    let (limit, after) = query.parse()?;
    let mut db = app.pool.get().await?;
    let after = after.map(Into::into);
    let rows = upkeep::checks(&mut db, caller.0, &model, after, i64::from(limit) + 1).await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.id.uuid(),
        Check::from,
    )))
}
