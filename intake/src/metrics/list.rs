//! `GET /v1/metrics`: the artist's values.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use chrono::NaiveDate;
use models::metrics::{self, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::cursor;
use super::view::Metric;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::page::PageOf;

const DEFAULT_LIMIT: u16 = 200;
const MOST: u16 = 1000;

/// Which values.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MetricsQuery {
    /// Only of this metric.
    pub metric: Option<String>,
    /// Only of this source.
    pub source: Option<String>,
    /// Only of this track; empty means the artist as a whole.
    pub track: Option<String>,
    /// Not before this day.
    pub from: Option<String>,
    /// Not after this day.
    pub to: Option<String>,
    /// How many items, 1 to 1000; 200 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The artist's values: the newest day of a series first, and series in falling order of metric,
/// source and track.
#[utoipa::path(
    tag = "metrics",
    params(MetricsQuery),
    responses(
        (status = 200, body = PageOf<Metric>),
        (status = 400, description = "`bad_query`", body = Problem),
        (status = 401, body = Problem),
        (status = 422, description = "`invalid_field`, `out_of_range`, `bad_cursor`", body = Problem),
    ),
)]
#[get("/v1/metrics")]
pub async fn list_metrics(
    caller: Caller,
    app: Data<App>,
    query: Query<MetricsQuery>,
) -> Result<Json<PageOf<Metric>>, Problem> {
    let query = query.into_inner();
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        let rule = format!("limit must be 1 to {MOST}.");
        return Err(Problem::invalid("limit", "out_of_range", rule));
    }
    let after = query.cursor.as_deref().map(cursor::read).transpose()?;
    let filter = Filter {
        metric: query.metric.map(|text| word("metric", text)).transpose()?,
        source: query.source.map(|text| word("source", text)).transpose()?,
        track: query.track.map(|text| word("track", text)).transpose()?,
        from: query.from.map(|text| day("from", &text)).transpose()?,
        to: query.to.map(|text| day("to", &text)).transpose()?,
    };
    let mut db = app.pool.get().await?;
    let fetched = i64::from(limit) + 1;
    let mut rows = metrics::list(&mut db, caller.0, &filter, after.as_ref(), fetched).await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    let next_cursor = rows.last().filter(|_| more).map(cursor::write);
    Ok(Json(PageOf {
        items: rows.into_iter().map(Metric::from).collect(),
        next_cursor,
    }))
}

/// A text that a row may hold at all: databases take no NUL.
pub(crate) fn word(field: &'static str, text: String) -> Result<String, Problem> {
    if text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text);
    }
    let rule = format!("{field} must be at most 64 printable ASCII characters without spaces.");
    Err(Problem::invalid(field, "invalid_field", rule))
}

fn day(field: &'static str, text: &str) -> Result<NaiveDate, Problem> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 10)
        .ok_or_else(|| {
            let rule = format!("{field} must be a day as in 2026-01-31.");
            Problem::invalid(field, "invalid_field", rule)
        })
}
