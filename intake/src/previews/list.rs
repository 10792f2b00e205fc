//! `GET /v1/previews`: the artist's previews.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::masters::Purpose;

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::masters::list::listed;
use crate::masters::view::Master;
use crate::page::{PageOf, PageQuery};

/// The artist's previews, newest first; their reports come without `waveform` and `timeline`.
#[utoipa::path(
    tag = "masters",
    params(PageQuery),
    responses((status = 200, body = PageOf<Master>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/previews")]
pub async fn list_previews(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Master>>, Problem> {
    Ok(Json(listed(&app, caller, Purpose::Preview, &query).await?))
}
