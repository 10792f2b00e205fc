//! `GET /v1/albums`: the artist's albums.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::albums;

use super::view::Album;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::jobs::view::by_id;
use crate::page::{PageOf, PageQuery};

/// The artist's albums, newest first, without results and reports.
#[utoipa::path(
    tag = "masters",
    params(PageQuery),
    responses((status = 200, body = PageOf<Album>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/albums")]
pub async fn list_albums(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Album>>, Problem> {
    let (limit, after) = query.parse()?;
    let rows = {
        let mut db = app.pool.get().await?;
        let after = after.map(Into::into);
        albums::list(&mut db, caller.0, after, i64::from(limit) + 1).await?
    };
    let unfinished = rows.iter().filter(|row| row.result.is_none());
    let mut jobs = by_id(&app, caller, unfinished.map(|row| row.job_id)).await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.id.uuid(),
        |row| {
            let job = jobs.remove(&row.job_id);
            Album::of(row, job)
        },
    )))
}
