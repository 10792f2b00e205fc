//! `POST /v1/analytics/predict-churn`: who is likely to leave, and why.

use std::collections::BTreeMap;

use ::jobs::insight::{ChurnAnswer, ChurnQuestion, ChurnRow};
use actix_web::post;
use actix_web::web::{Data, Json, Payload};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, up_to};
use crate::error::Problem;

/// Most rows of a request.
const MOST_ROWS: usize = 1000;
/// Most bytes of a request.
const MOST_BYTES: usize = 4 << 20;
/// Reasons of a row that are told when nothing is said.
const REASONS: usize = 5;

/// Rows to judge.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChurnRequest {
    /// The model.
    #[schema(example = "fans")]
    pub model: String,
    /// The version; the champion when absent.
    #[serde(default)]
    pub version: Option<String>,
    /// 1 to 1000 rows by column. Every column that the model asks for must be there, null where its
    /// value is not known; others are not looked at.
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<BTreeMap<String, Value>>,
    /// How many reasons of each row to tell, the strongest; 5 when absent.
    #[serde(default = "usual")]
    pub reasons: usize,
}

fn usual() -> usize {
    REASONS
}

/// Rows, judged.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChurnPredictions {
    /// The model.
    pub model: String,
    /// The version that answered.
    pub version: String,
    /// What it says of itself: `data` with the window that it learned from, `metrics` on rows that
    /// were left out, `trainer`, `parent`, `schema`.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// What an average row of what it learned from gets, in log-odds.
    pub base_log_odds: f64,
    /// One for each row, in order.
    pub predictions: Vec<ChurnPrediction>,
}

/// A row, judged: `base_log_odds`, the reasons and `other_log_odds` add up to the log-odds of
/// `probability`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChurnPrediction {
    /// How likely it is to leave, 0 to 1, calibrated.
    pub probability: f64,
    /// What speaks for that and against it, the strongest first.
    pub reasons: Vec<ChurnReason>,
    /// The sum of what is not told.
    pub other_log_odds: f64,
}

/// What a column adds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChurnReason {
    /// The column.
    pub column: String,
    /// Its exact Shapley value in log-odds; above 0 it makes leaving likelier.
    pub log_odds: f64,
}

/// Who is likely to leave, and why.
#[utoipa::path(
    tag = "analytics",
    request_body = ChurnRequest,
    responses(
        (status = 200, body = ChurnPredictions),
        (status = 400, description = "`bad_json`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 404, description = "No such model, or version.", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `out_of_range`, `missing_column`, `not_a_number`", body = Problem),
        (status = 500, description = "`model_damaged`, `model_wrong_tenant`, `model_wrong_schema`, `model_wrong_answers`, `object_not_found`: the version does not answer.", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
#[post("/v1/analytics/predict-churn")]
pub async fn predict_churn(
    caller: Caller,
    app: Data<App>,
    body: Payload,
) -> Result<Json<ChurnPredictions>, Problem> {
    let asked: ChurnRequest = json(&up_to(body, MOST_BYTES).await?)?;
    if !(1..=MOST_ROWS).contains(&asked.rows.len()) {
        let rule = format!("rows must be 1 to {MOST_ROWS}.");
        return Err(Problem::invalid("rows", "out_of_range", rule));
    }
    let question = ChurnQuestion {
        model: asked.model.clone(),
        version: asked.version,
        rows: asked.rows,
        reasons: asked.reasons,
    };
    let answer = app.insight.predict_churn(caller.0, question).await?;
    Ok(Json(ChurnPredictions::of(asked.model, answer)))
}

impl ChurnPredictions {
    fn of(model: String, answer: ChurnAnswer) -> Self {
        Self {
            model,
            version: answer.version,
            metadata: answer.metadata,
            base_log_odds: answer.base_log_odds,
            predictions: answer.rows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ChurnRow> for ChurnPrediction {
    fn from(row: ChurnRow) -> Self {
        let reason = |(column, log_odds)| ChurnReason { column, log_odds };
        Self {
            probability: row.probability,
            reasons: row.reasons.into_iter().map(reason).collect(),
            other_log_odds: row.other_log_odds,
        }
    }
}
