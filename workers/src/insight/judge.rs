//! Judging rows: calibrated probabilities, and what in a row makes them.

use std::sync::Arc;

use jobs::insight::{ChurnAnswer, ChurnQuestion, ChurnRow, Refusal};
use ml::churn::Model;
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
    let (base_log_odds, rows) = judged.await.map_err(stopped)??;
    Ok(ChurnAnswer {
        version: row.version,
        metadata: row.metadata.0,
        base_log_odds,
        rows,
    })
}

fn judge(served: &Arc<Served>, question: &ChurnQuestion) -> Result<(f64, Vec<ChurnRow>), Refusal> {
    let model = served.churn().map_err(failed)?;
    let matrix: Matrix = inputs(&model.schema, &question.rows)?;
    let mut base = 0.0;
    let rows = (0..matrix.rows()).map(|row| {
        let (of_all, judged) = one(model, &matrix.row(row), question.reasons);
        base = of_all;
        judged
    });
    let rows = rows.collect();
    Ok((base, rows))
}

/// The base, which is the same for all rows, and one row.
fn one(model: &Model, row: &[f32], most: usize) -> (f64, ChurnRow) {
    let (base, mut reasons) = model.reasons(row);
    let others = reasons.split_off(most.min(reasons.len()));
    let reasons = reasons.into_iter().map(|it| (it.column, it.log_odds));
    let judged = ChurnRow {
        probability: model.probability(row),
        reasons: reasons.collect(),
        other_log_odds: others.iter().map(|it| it.log_odds).sum(),
    };
    (base, judged)
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
