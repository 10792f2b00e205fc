//! `POST /v1/analytics/predict-churn`: who is likely to leave, why, and what would help.

use std::collections::BTreeMap;

use ::jobs::insight::{ChurnAction, ChurnAnswer, ChurnQuestion, ChurnRow};
use ::models::upkeep;
use actix_web::post;
use actix_web::web::{Data, Json, Payload};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::observed::{kept, keys};
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
    /// Columns that can be changed, such as a plan or a discount: for those among a row's reasons it is told
    /// which value would make leaving less likely.
    #[serde(default)]
    pub actionable: Vec<String>,
    /// The column that names each row, whether the model asks for it or not: text or a number. Where the model
    /// is looked after and its champion answers, rows are kept under these names, so that it can be told what
    /// became of them.
    #[serde(default)]
    #[schema(example = "subscriber_id")]
    pub key: Option<String>,
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
    /// Rows that are kept under their keys since this request. One whose key was kept before stays what it was.
    pub kept: usize,
}

/// A row, judged: `base_log_odds`, the reasons and `other_log_odds` add up to the log-odds of
/// `probability`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChurnPrediction {
    /// How likely it is to leave, 0 to 1, calibrated.
    pub probability: f64,
    /// Of rows that look so, this share leaves, at a level of 80 %: from the binomial uncertainty of rows of about
    /// this probability that were left out at the training. Null for versions of before it was kept.
    pub interval: Option<Interval>,
    /// What speaks for that and against it, the strongest first.
    pub reasons: Vec<ChurnReason>,
    /// The sum of what is not told.
    pub other_log_odds: f64,
    /// What would help, as the model expects it, the most helpful first; nothing that lies within the interval.
    /// It has seen what went together, which is no proof that the one follows from the other.
    pub actions: Vec<RecommendedAction>,
}

/// Where something lies.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Interval {
    /// From here.
    pub low: f64,
    /// To here.
    pub high: f64,
}

/// A change of one column.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecommendedAction {
    /// The column.
    pub column: String,
    /// The value that it would have: a category, or the middle of a band of numbers, seen in training.
    #[schema(value_type = Object)]
    pub value: Value,
    /// The probability then.
    pub probability: f64,
    /// Its interval.
    pub interval: Interval,
    /// Rows of the training data that had this value, or one of its band.
    pub rows_alike: u64,
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
        (status = 422, description = "`invalid_field`, `out_of_range`, `missing_column`, `unknown_column`, `not_a_number`", body = Problem),
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
    let keys = match &asked.key {
        Some(column) => Some(keys(column, &asked.rows)?),
        None => None,
    };
    // What was asked of a version that is named says nothing of how the champion does.
    let keys = keys.filter(|_| asked.version.is_none());
    let to_keep = match keys {
        Some(keys) => {
            let mut db = app.pool.get().await?;
            let upkeep = upkeep::find(&mut db, caller.0, &asked.model).await?;
            upkeep.map(|upkeep| (upkeep, keys, asked.rows.clone()))
        }
        None => None,
    };
    let question = ChurnQuestion {
        model: asked.model.clone(),
        version: asked.version,
        rows: asked.rows,
        reasons: asked.reasons,
        actionable: asked.actionable,
    };
    let answer = app.insight.predict_churn(caller.0, question).await?;
    let kept = match to_keep {
        Some((upkeep, keys, rows)) => kept(&app, upkeep, keys, rows, &answer).await?,
        None => 0,
    };
    Ok(Json(ChurnPredictions::of(asked.model, answer, kept)))
}

impl ChurnPredictions {
    fn of(model: String, answer: ChurnAnswer, kept: usize) -> Self {
        Self {
            model,
            version: answer.version,
            metadata: answer.metadata,
            base_log_odds: answer.base_log_odds,
            predictions: answer.rows.into_iter().map(Into::into).collect(),
            kept,
        }
    }
}

impl From<ChurnRow> for ChurnPrediction {
    fn from(row: ChurnRow) -> Self {
        let reason = |(column, log_odds)| ChurnReason { column, log_odds };
        Self {
            probability: row.probability,
            interval: row.interval.map(Into::into),
            reasons: row.reasons.into_iter().map(reason).collect(),
            other_log_odds: row.other_log_odds,
            actions: row.actions.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ChurnAction> for RecommendedAction {
    fn from(action: ChurnAction) -> Self {
        Self {
            column: action.column,
            value: action.value,
            probability: action.probability,
            interval: action.interval.into(),
            rows_alike: action.rows_alike,
        }
    }
}

impl From<(f64, f64)> for Interval {
    fn from((low, high): (f64, f64)) -> Self {
        Self { low, high }
    }
}
