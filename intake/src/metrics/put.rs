//! `PUT /v1/metrics`: up to a thousand values at once, all of them or none.

use std::collections::HashMap;

use ::jobs::RefreshAnalytics;
use actix_web::put;
use actix_web::web::{Data, Json, Payload};
use models::metrics::{self, Fault, Key, Row, latest_day};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::Merged;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, up_to};
use crate::error::{FieldFault, Problem};

const MOST_ROWS: usize = 1000;
/// Every row may be as long as all its fields at their longest.
const MOST_BYTES: usize = 512 * 1024;

/// What to put.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsRequest {
    /// Up to 1,000 rows, no two of one day of one series.
    #[schema(value_type = Vec<MetricInput>, max_items = 1000)]
    pub rows: Vec<Value>,
}

/// One value of one day.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a row in the OpenAPI document")]
pub struct MetricInput {
    /// The day, from 2000-01-01 to tomorrow.
    #[schema(example = "2026-11-28")]
    date: String,
    /// A word of lower-case letters, digits and `_`; money ends in `_minor_` and its currency, and
    /// is in whole minor units.
    #[schema(example = "revenue_minor_eur")]
    metric: String,
    /// A word of lower-case letters, digits, `_` and `-`.
    #[schema(example = "spotify")]
    source: String,
    /// An id of a track, such as its ISRC; absent or empty for the artist as a whole.
    track: Option<String>,
    /// Within ±1e15.
    value: f64,
}

/// What became of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricsPut {
    /// What the rows did.
    #[serde(flatten)]
    pub merged: Merged,
    /// The job that computes analytics anew.
    pub job_id: Uuid,
}

/// Put up to 1,000 values, in the place of those that were there.
///
/// All of them or none: a refusal names every bad row in `errors`. Putting the same again changes
/// nothing.
#[utoipa::path(
    tag = "metrics",
    request_body = MetricsRequest,
    responses(
        (status = 200, body = MetricsPut),
        (status = 400, description = "`bad_json`, `upload_interrupted`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_rows`, `invalid_field`, `out_of_range`", body = Problem),
    ),
)]
#[put("/v1/metrics")]
pub async fn put_metrics(
    caller: Caller,
    app: Data<App>,
    body: Payload,
) -> Result<Json<MetricsPut>, Problem> {
    let request: MetricsRequest = json(&up_to(body, MOST_BYTES).await?)?;
    let now = app.queue.now();
    let rows = checked(&request.rows, latest_day(now))?;
    let artist = caller.0;
    let put = app.queue.transaction(move |tx| {
        Box::pin(async move {
            metrics::lock(tx.db(), artist).await?;
            let tally = metrics::merge(tx.db(), artist, &rows, None, now).await?;
            let job = RefreshAnalytics::follow(tx, artist).await?;
            Ok::<_, Problem>(MetricsPut {
                merged: tally.into(),
                job_id: job.id.uuid(),
            })
        })
    });
    Ok(Json(put.await?))
}

/// The rows, or every fault of every one.
fn checked(given: &[Value], latest: chrono::NaiveDate) -> Result<Vec<Row>, Problem> {
    if !(1..=MOST_ROWS).contains(&given.len()) {
        let rule = format!("rows must have 1 to {MOST_ROWS} rows.");
        return Err(Problem::invalid("rows", "out_of_range", rule));
    }
    let (mut rows, mut errors) = (Vec::with_capacity(given.len()), Vec::new());
    let mut seen: HashMap<Key, usize> = HashMap::with_capacity(given.len());
    for (index, row) in given.iter().enumerate() {
        let checked = Row::of_json(row, latest).and_then(|row| {
            if seen.insert(row.key.clone(), index).is_some() {
                return Err(Fault::new(
                    "",
                    "must not be of the same day and series as another row",
                ));
            }
            Ok(row)
        });
        match checked {
            Ok(row) => rows.push(row),
            Err(Fault { field, rule }) => errors.push(FieldFault {
                index,
                field: field.into(),
                rule: rule.into(),
            }),
        }
    }
    if errors.is_empty() {
        return Ok(rows);
    }
    let detail = format!("{} of {} rows break a rule.", errors.len(), given.len());
    let mut problem = Problem::invalid("rows", "invalid_rows", detail);
    problem.errors = Some(errors.into());
    Err(problem)
}
