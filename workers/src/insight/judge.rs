//! Judging rows: calibrated probabilities, and what in a row makes them.

use std::sync::Arc;

use jobs::insight::{ChurnAction, ChurnAnswer, ChurnQuestion, ChurnRow, Refusal};
use ml::churn::{Action, Grounds, Model, Seen};
use ml::registry::Served;
use ml::trees::Matrix;
use models::ArtistId;
use models::registry::Task;
use serde_json::Value;

use super::asked::inputs;
use super::desk::InsightDesk;
use super::serving::{failed, find, serve, stopped};

/// Judges by the champion, or by the version that is named.
pub async fn churn(
    desk: &InsightDesk,
    artist: ArtistId,
    question: ChurnQuestion,
) -> Result<ChurnAnswer, Refusal> {
    let version = question.version.as_deref();
    let row = find(desk, artist, &question.model, version).await?;
    if row.task != Task::Churn {
        return Err(Refusal::NotFound("churn model"));
    }
    let served = serve(desk, &row).await?;
    let judged = tokio::task::spawn_blocking(move || judge(&served, &question));
    let (columns, base_log_odds, rows) = judged.await.map_err(stopped)??;
    Ok(ChurnAnswer {
        version: row.version,
        metadata: row.metadata.0,
        columns,
        base_log_odds,
        rows,
    })
}

/// Columns, base, and rows in order.
type Judged = (Vec<String>, f64, Vec<ChurnRow>);

fn judge(served: &Arc<Served>, question: &ChurnQuestion) -> Result<Judged, Refusal> {
    let model = served.churn().map_err(failed)?;
    let columns: Vec<String> = model.schema.columns().into_iter().map(Into::into).collect();
    for (place, column) in question.actionable.iter().enumerate() {
        if !columns.contains(column) {
            return Err(Refusal::Broken {
                field: format!("actionable[{place}]"),
                code: "unknown_column",
                rule: "The model asks for no such column.".to_owned(),
            });
        }
    }
    let matrix: Matrix = inputs(&model.schema, &question.rows)?;
    let mut base = 0.0;
    let rows = (0..matrix.rows()).map(|row| {
        let (of_all, judged) = one(model, served.grounds(), &matrix.row(row), question);
        base = of_all;
        judged
    });
    let rows = rows.collect();
    Ok((columns, base, rows))
}

/// The base, which is the same for all rows, and one row.
fn one(
    model: &Model,
    grounds: Option<&Grounds>,
    row: &[f32],
    question: &ChurnQuestion,
) -> (f64, ChurnRow) {
    let (base, mut reasons) = model.reasons(row);
    let others = reasons.split_off(question.reasons.min(reasons.len()));
    let changeable: Vec<&str> = reasons
        .iter()
        .map(|reason| reason.column.as_str())
        .filter(|column| question.actionable.iter().any(|it| it == column))
        .collect();
    let actions = grounds.map(|grounds| model.actions(row, &changeable, grounds));
    let probability = model.probability(row);
    let judged = ChurnRow {
        probability,
        interval: grounds.and_then(|grounds| grounds.interval(probability)),
        actions: actions.into_iter().flatten().map(told_action).collect(),
        reasons: reasons
            .into_iter()
            .map(|it| (it.column, it.log_odds))
            .collect(),
        other_log_odds: others.iter().map(|it| it.log_odds).sum(),
    };
    (base, judged)
}

fn told_action(action: Action) -> ChurnAction {
    ChurnAction {
        column: action.column,
        value: match action.value {
            Seen::Number(number) => shortest(number),
            Seen::Category(name) => name.into(),
        },
        probability: action.probability,
        interval: action.interval,
        rows_alike: action.rows_alike as u64,
    }
}

/// A number in single precision, as it was written in the file.
fn shortest(number: f32) -> Value {
    let text = number.to_string();
    text.parse::<f64>().map_or(Value::Null, Value::from)
}

/// What a version says of itself, as it is kept beside it: without its golden rows, which are rows
/// of the artist's.
pub fn told(metadata: &ml::registry::Metadata) -> serde_json::Result<Value> {
    let mut told = serde_json::to_value(metadata)?;
    if let Some(fields) = told.as_object_mut() {
        for field in ["golden", "tenant"] {
            fields.remove(field);
        }
    }
    Ok(told)
}
