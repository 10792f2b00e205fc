//! `GET /v1/previews/{id}`: one preview with its state and, once done, its report.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use models::MasterId;
use models::masters::Purpose;

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::masters::show::shown;
use crate::masters::view::Master;

/// One preview.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Master), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/previews/{id}")]
pub async fn show_preview(
    caller: Caller,
    app: Data<App>,
    id: Path<MasterId>,
) -> Result<Json<Master>, Problem> {
    Ok(Json(shown(&app, caller, Purpose::Preview, *id).await?))
}
