//! What a version says of rows that another answered: judged here, kept beside the answers, and served to
//! nobody.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jobs::insight::Refusal;
use ml::registry::Served;
use models::registry::VersionRow;
use models::upkeep::{self, ObservationRow};
use queue::{Context, QueueError};
use serde_json::Value;

use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::asked::inputs;
use crate::insight::serving;
use crate::insight::upkeep::looked::ended;

/// Rows that are kept in one transaction.
const BATCH: usize = 500;

/// What a version says of rows, by their keys. Rows that lack a column that it asks for are left out. The
/// outer error ends the job; the inner one says that the version can't serve.
pub async fn shadow(
    environment: &Environment,
    context: &Context,
    version: &VersionRow,
    rows: &[ObservationRow],
) -> Result<Result<HashMap<String, f64>, Refusal>, Ending> {
    let kept = {
        let (artist, model) = (version.artist_id, version.model.as_str());
        let mut db = environment.pool.get().await?;
        upkeep::shadows(&mut db, artist, model, &version.version).await?
    };
    let mut said = HashMap::with_capacity(rows.len());
    let mut others = Vec::new();
    for row in rows {
        if row.version == version.version {
            said.insert(row.key.clone(), row.probability);
        } else if let Some(probability) = kept.get(&row.key) {
            said.insert(row.key.clone(), *probability);
        } else {
            others.push((row.key.clone(), cells(row)));
        }
    }
    if others.is_empty() {
        return Ok(Ok(said));
    }
    let served = match serving::serve(&environment.insight, version).await {
        Ok(served) => served,
        Err(refusal @ Refusal::Unservable { .. }) => return Ok(Err(refusal)),
        Err(refusal) => return Err(ended(refusal)),
    };
    let judged = tokio::task::spawn_blocking(move || judged(&served, others));
    let judged = judged.await.map_err(Ending::died)??;
    for batch in judged.chunks(BATCH) {
        let (version, batch) = (version.clone(), batch.to_vec());
        let now = environment.queue.now();
        let keep = context.fenced_tx::<_, QueueError, _>(move |tx| {
            Box::pin(async move {
                let (artist, model) = (version.artist_id, version.model.as_str());
                upkeep::add_shadows(tx.db(), artist, model, &version.version, &batch, now).await?;
                Ok(())
            })
        });
        keep.await?;
    }
    said.extend(judged);
    Ok(Ok(said))
}

fn judged(
    served: &Arc<Served>,
    rows: Vec<(String, BTreeMap<String, Value>)>,
) -> Result<Vec<(String, f64)>, Ending> {
    let model = served.churn()?;
    let mut said = Vec::with_capacity(rows.len());
    for (key, cells) in rows {
        match inputs(&model.schema, &[cells]) {
            Ok(matrix) => said.push((key, model.probability(&matrix.row(0)))),
            Err(Refusal::Broken { .. }) => {}
            Err(other) => return Err(ended(other)),
        }
    }
    Ok(said)
}

/// A kept row's columns.
pub fn cells(row: &ObservationRow) -> BTreeMap<String, Value> {
    let cells = row.cells.0.as_object();
    let cells = cells.into_iter().flatten();
    cells
        .map(|(column, cell)| (column.clone(), cell.clone()))
        .collect()
}
