//! `GET /v1/analyses`: the artist's analyses.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::analyses;

use super::view::Analysis;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::jobs::view::by_id;
use crate::page::{PageOf, PageQuery};

/// The artist's analyses, newest first; their results come without spectra.
#[utoipa::path(
    tag = "analyses",
    params(PageQuery),
    responses((status = 200, body = PageOf<Analysis>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/analyses")]
pub async fn list_analyses(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<Analysis>>, Problem> {
    let (limit, after) = query.parse()?;
    let rows = {
        let mut db = app.pool.get().await?;
        let after = after.map(Into::into);
        analyses::list(&mut db, caller.0, after, i64::from(limit) + 1).await?
    };
    let unfinished = rows.iter().map(|row| &row.analysis);
    let unfinished = unfinished.filter(|analysis| analysis.result.is_none());
    let mut jobs = by_id(&app, caller, unfinished.map(|analysis| analysis.job_id)).await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.analysis.id.uuid(),
        |row| {
            let job = jobs.remove(&row.analysis.job_id);
            Analysis::of(row.analysis, &row.track_filename, job).brief()
        },
    )))
}
