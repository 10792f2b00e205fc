//! `GET /v1/analytics/…`: kinds that have one result an artist.

use actix_web::get;
use actix_web::web::{Data, Json};
use models::analytics;

use super::view::Analytics;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

async fn stored(app: &App, caller: Caller, kind: &str) -> Result<Json<Analytics>, Problem> {
    let mut db = app.pool.get().await?;
    let kept = analytics::find(&mut db, caller.0, kind, "").await?;
    Ok(Json(Analytics::of(kept)))
}

/// Revenue of the next 30, 60 and 90 days in each currency, in minor units.
///
/// The scenarios are quantiles: the sum stays under `low` with a probability of 10 %, under `middle` with
/// one half, under `high` with 90 %.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/forecast-revenue")]
pub async fn forecast_revenue(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "forecast_revenue").await
}

/// Days that were unlike what the days before led to expect.
///
/// Each with the expected value, how far it was off, and the series that moved on the same day and go
/// together with it.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/detect-anomalies")]
pub async fn detect_anomalies(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "detect_anomalies").await
}

/// The next round numbers of totals and levels, with the probability of reaching them by a date.
///
/// Metrics named followers, subscribers, fans, members and `monthly_listeners` are levels; others add up.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/milestones")]
pub async fn milestones(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "milestones").await
}

/// How fast every total grows a week, with a 90 % interval, and which phase that is.
///
/// A phase is named only where the whole interval says so; else it is `unclear`.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/career-growth")]
pub async fn career_growth(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "career_growth").await
}

/// What stands out, the findings that matter most first, each with its figures.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/insights")]
pub async fn insights(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "insights").await
}

/// When to release, as far as the artist's own releases say.
///
/// Each part has a `status` of its own: metrics are daily, so nothing is known of hours.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/release-strategy")]
pub async fn release_strategy(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "release_strategy").await
}

/// Segments of the audience: places where it listens that are alike in how much it plays, keeps and
/// grows, with their share of streams and what sets them apart.
///
/// Segments are told only where they lie apart (`silhouette`) and were the same four weeks before
/// (`stability`); else `separated` is false and there are none.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/fanbase")]
pub async fn fanbase(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "fanbase").await
}

/// How what the studio measured in tracks goes together with how they do.
///
/// Correlations of ranks, each with an interval and the probability that chance alone makes any figure
/// go together so closely. Metrics name a track by its id or by the ISRC that was put for it; analyses
/// are asked for with `POST /v1/analyses`.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Analytics), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/music-insights")]
pub async fn music_insights(caller: Caller, app: Data<App>) -> Result<Json<Analytics>, Problem> {
    stored(&app, caller, "music_insights").await
}
