//! `GET /v1/analytics/datasets/{id}`: one dataset.

use ::models::{DatasetId, datasets};
use actix_web::get;
use actix_web::web::{Data, Json, Path};

use super::view::Dataset;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// One dataset.
#[utoipa::path(
    tag = "analytics",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Dataset), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/analytics/datasets/{id}")]
pub async fn show_dataset(
    caller: Caller,
    app: Data<App>,
    id: Path<DatasetId>,
) -> Result<Json<Dataset>, Problem> {
    let mut db = app.pool.get().await?;
    let row = datasets::find(&mut db, caller.0, *id).await?;
    let row = row.ok_or_else(|| Problem::not_found("dataset"))?;
    Ok(Json(row.into()))
}
