//! `GET /v1/masters`: the artist's masters.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::masters::{self, Purpose};

use super::view::Master;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::jobs::view::by_id;
use crate::page::{PageOf, PageQuery};

/// The artist's masters, newest first; their reports come without `waveform` and `timeline`.
#[utoipa::path(
    tag = "masters",
    params(PageQuery),
    responses((status = 200, body = PageOf<Master>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/masters")]
pub async fn list_masters(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Master>>, Problem> {
    Ok(Json(listed(&app, caller, Purpose::Master, &query).await?))
}

/// A page of the artist's masters for a purpose.
pub(crate) async fn listed(
    app: &App,
    caller: Caller,
    purpose: Purpose,
    query: &PageQuery,
) -> Result<PageOf<Master>, Problem> {
    let (limit, after) = query.parse()?;
    let rows = {
        let mut db = app.pool.get().await?;
        let after = after.map(Into::into);
        masters::list(&mut db, caller.0, purpose, after, i64::from(limit) + 1).await?
    };
    let unfinished = rows.iter().map(|row| &row.master);
    let unfinished = unfinished.filter(|master| master.result.is_none());
    let mut jobs = by_id(app, caller, unfinished.map(|master| master.job_id)).await?;
    Ok(PageOf::of(
        rows,
        limit,
        |row| row.master.id.uuid(),
        |row| {
            let job = jobs.remove(&row.master.job_id);
            Master::of(row.master, &row.track_filename, job).brief()
        },
    ))
}
