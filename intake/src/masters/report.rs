//! `GET /v1/masters/{id}/report.html`: the report of a finished master as a page to read.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use models::MasterId;
use models::masters::Purpose;
use serde_json::Value;

use super::show::find;
use super::view::address;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::files::{finished, stem};
use crate::refusals::NotFinished;

/// The page runs nothing and asks nobody: its look is part of it, and so are its plots.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The report as a page with plots, which needs nothing else.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String),
        NotFinished,
    ),
)]
#[get("/v1/masters/{id}/report.html")]
pub async fn master_report(
    caller: Caller,
    app: Data<App>,
    id: Path<MasterId>,
) -> Result<HttpResponse, Problem> {
    let found = find(&app, caller, Purpose::Master, *id).await?;
    let at = address(Purpose::Master, *id);
    let result = finished(found.master.result.as_ref(), "master", &at)?;
    page(&app, &result.report, &found.track_filename)
}

/// The page of a report on the track of a file name.
pub(crate) fn page(app: &App, report: &Value, track: &str) -> Result<HttpResponse, Problem> {
    let page = app.studio.page(report, stem(track));
    let page = page.map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .body(page))
}
