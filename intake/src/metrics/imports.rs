//! `GET /v1/metrics/imports` and `/{id}`: files of metrics, and what became of their rows.

use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};
use models::{ImportId, metrics};
use queue::JobId;

use super::view::MetricImport;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::jobs::view::by_id;
use crate::page::{PageOf, PageQuery};

/// The artist's imports, newest first, without their refused rows.
#[utoipa::path(
    tag = "metrics",
    params(PageQuery),
    responses((status = 200, body = PageOf<MetricImport>), (status = 401, body = Problem), (status = 422, body = Problem)),
)]
#[get("/v1/metrics/imports")]
pub async fn list_metric_imports(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<PageOf<MetricImport>>, Problem> {
    let (limit, after) = query.parse()?;
    let rows = {
        let mut db = app.pool.get().await?;
        let after = after.map(Into::into);
        metrics::list_imports(&mut db, caller.0, after, i64::from(limit) + 1).await?
    };
    let unfinished = rows.iter().filter(|row| row.completed_at.is_none());
    let mut jobs = by_id(&app, caller, unfinished.map(|row| row.job_id)).await?;
    Ok(Json(PageOf::of(
        rows,
        limit,
        |row| row.id.uuid(),
        |row| {
            let job = jobs.remove(&row.job_id);
            MetricImport::of(row, job).brief()
        },
    )))
}

/// One import with its refused rows by line.
#[utoipa::path(
    tag = "metrics",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = MetricImport), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/metrics/imports/{id}")]
pub async fn show_metric_import(
    caller: Caller,
    app: Data<App>,
    id: Path<ImportId>,
) -> Result<Json<MetricImport>, Problem> {
    let row = {
        let mut db = app.pool.get().await?;
        metrics::find_import(&mut db, caller.0, *id).await?
    };
    let row = row.ok_or_else(|| Problem::not_found("import"))?;
    let job = if row.completed_at.is_some() {
        None
    } else {
        app.queue
            .job(caller.scope(), JobId(row.job_id.uuid()))
            .await?
    };
    Ok(Json(MetricImport::of(row, job)))
}
