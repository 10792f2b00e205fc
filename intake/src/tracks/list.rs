//! `GET /v1/tracks`: the artist's tracks.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::tracks;

use super::view::Track;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// The artist's tracks, newest first.
#[utoipa::path(
    tag = "tracks",
    params(PageQuery),
    responses((status = 200, body = PageOf<Track>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/tracks")]
pub async fn list_tracks(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Track>>, Problem> {
    let (limit, after) = query.parse()?;
    let mut db = app.pool.get().await?;
    let rows = tracks::list(
        &mut db,
        caller.0,
        after.map(Into::into),
        i64::from(limit) + 1,
    )
    .await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.id.uuid(),
        Track::from,
    )))
}
