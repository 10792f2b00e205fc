//! `GET /v1/masters`: the artist's masters.

use std::collections::HashMap;

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::masters;
use queue::JobId;

use super::view::Master;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::page::{PageOf, PageQuery};

/// The artist's masters, newest first; their reports come without `waveform`.
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
    let (limit, after) = query.parse()?;
    let rows = {
        let mut db = app.pool.get().await?;
        masters::list(
            &mut db,
            caller.0,
            after.map(Into::into),
            i64::from(limit) + 1,
        )
        .await?
    };
    let unfinished: Vec<_> = rows
        .iter()
        .filter(|row| row.master.result.is_none())
        .map(|row| JobId(row.master.job_id.uuid()))
        .collect();
    let mut jobs: HashMap<_, _> = app
        .queue
        .jobs_by_id(caller.scope(), &unfinished)
        .await?
        .into_iter()
        .map(|job| (job.id.uuid(), job))
        .collect();
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.master.id.uuid(),
        |row| {
            let job = jobs.remove(&row.master.job_id.uuid());
            Master::of(row.master, &row.track_filename, job).brief()
        },
    )))
}
