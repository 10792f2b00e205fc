//! `GET /v1/analytics/predict-metric`: a series' next days.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use models::analytics;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::Analytics;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::metrics::list::word;

const DEFAULT_HORIZON: u16 = 28;
const LONGEST_HORIZON: u16 = 90;

/// Which series, and how far.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PredictQuery {
    /// What is counted.
    pub metric: String,
    /// Who counted; absent or empty for the total of all sources.
    pub source: Option<String>,
    /// The track; absent or empty for the artist as a whole.
    pub track: Option<String>,
    /// How many days, 1 to 90; 28 when absent.
    #[param(minimum = 1, maximum = 90)]
    pub horizon: Option<u16>,
}

/// What is expected of the next days, each with an 80 % interval.
///
/// Totals of every metric and the largest 48 series are forecast.
#[utoipa::path(
    tag = "analytics",
    params(PredictQuery),
    responses(
        (status = 200, body = Analytics),
        (status = 400, description = "`bad_query`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 422, description = "`out_of_range`, `invalid_field`", body = Problem),
    ),
)]
#[get("/v1/analytics/predict-metric")]
pub async fn predict_metric(
    caller: Caller,
    app: Data<App>,
    query: Query<PredictQuery>,
) -> Result<Json<Analytics>, Problem> {
    let query = query.into_inner();
    let horizon = query.horizon.unwrap_or(DEFAULT_HORIZON);
    if !(1..=LONGEST_HORIZON).contains(&horizon) {
        let rule = format!("horizon must be 1 to {LONGEST_HORIZON}.");
        return Err(Problem::invalid("horizon", "out_of_range", rule));
    }
    let metric = word("metric", query.metric)?;
    let source = word("source", query.source.unwrap_or_default())?;
    let track = word("track", query.track.unwrap_or_default())?;
    let subject = analytics::subject(&metric, &source, &track);
    let mut db = app.pool.get().await?;
    let kept = analytics::find(&mut db, caller.0, "predict_metric", &subject).await?;
    let shown = Analytics::of(kept).within(horizon);
    Ok(Json(shown.about(&metric, &source, &track)))
}
