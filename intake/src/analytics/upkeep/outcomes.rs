//! `PUT /v1/analytics/models/{model}/outcomes`: what became of rows that were asked about.

use std::collections::HashSet;

use ::models::upkeep::{self, Told};
use actix_web::put;
use actix_web::web::{Data, Json, Path, Payload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::show::found;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, up_to};
use crate::error::Problem;

/// Most outcomes of a request.
const MOST: usize = 1000;
const MOST_BYTES: usize = 512 * 1024;

/// What became of rows.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomesRequest {
    /// 1 to 1000, no two of one key. Tell of those who stayed as well as of those who left: of the ones alone
    /// nothing can be learned.
    pub outcomes: Vec<Outcome>,
}

/// What became of a row.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The key that it was asked about by.
    pub key: String,
    /// Whether it left.
    pub left: bool,
}

/// What was recorded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Outcomes {
    /// Outcomes of rows that are kept.
    pub known: usize,
    /// The places in `outcomes` of those whose key is not kept: it was never asked about while the model was
    /// looked after, or has gone since.
    pub unknown: Vec<usize>,
}

/// Tell what became of rows.
///
/// Telling the same again changes nothing; what is told last holds.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    request_body = OutcomesRequest,
    responses(
        (status = 200, body = Outcomes),
        (status = 400, description = "`bad_json`", body = Problem),
        (status = 401, body = Problem),
        (status = 404, description = "It is not looked after, or there is no such model.", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `out_of_range`", body = Problem),
    ),
)]
#[put("/v1/analytics/models/{model}/outcomes")]
pub async fn put_outcomes(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
    body: Payload,
) -> Result<Json<Outcomes>, Problem> {
    let asked: OutcomesRequest = json(&up_to(body, MOST_BYTES).await?)?;
    let count = asked.outcomes.len();
    if !(1..=MOST).contains(&count) {
        let rule = format!("outcomes must be 1 to {MOST}.");
        return Err(Problem::invalid("outcomes", "out_of_range", rule));
    }
    let mut seen = HashSet::with_capacity(count);
    for (place, outcome) in asked.outcomes.iter().enumerate() {
        if !seen.insert(outcome.key.as_str()) {
            let field = format!("outcomes[{place}].key");
            let rule = "key must not be that of another outcome.";
            return Err(Problem::invalid(field, "invalid_field", rule));
        }
    }
    let (artist, model) = (caller.0, model.into_inner());
    found(&app, artist, &model).await?;
    let told = asked.outcomes.into_iter().map(|outcome| Told {
        // No key that is kept has one, and PostgreSQL's text can't.
        key: outcome.key.replace('\0', "\u{fffd}"),
        left: outcome.left,
    });
    let told: Vec<Told> = told.collect();
    let now = app.queue.now();
    let unknown = app
        .pool
        .tx(move |db| Box::pin(async move { upkeep::tell(db, artist, &model, &told, now).await }))
        .await?;
    Ok(Json(Outcomes {
        known: count - unknown.len(),
        unknown,
    }))
}
