//! `import_metrics`: reads a file of daily metrics into the feature store, batch by batch. With each
//! batch the import's row says how far it came, in one fenced transaction, so that whatever dies,
//! the next attempt goes on behind the last whole batch and every row is counted once.

use std::fs::File;

use jobs::{ImportMetrics, ImportMetricsOutput, RefreshAnalytics};
use models::metrics::{
    self, Format, ImportReport, ImportRow, MOST_REFUSALS, Refusal, Row, latest_day,
};
use queue::{Context, Fault, LogLevel, QueueError};
use storage::Key;
use tokio::sync::mpsc;

use super::file::{Record, Records};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::owned;

/// Rows of a transaction.
const BATCH: usize = 2000;
/// Batches that are read ahead of the database.
const AHEAD: usize = 2;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: ImportMetrics,
) -> Result<ImportMetricsOutput, Ending> {
    let import = asked(&environment, &context, &payload).await?;
    if import.completed_at.is_some() {
        context.log(LogLevel::Info, "an earlier attempt had read all of it");
        return Ok(output(&import));
    }
    let folder = environment.storage.work_dir()?;
    let key = Key::new(import.object_key.clone())?;
    let file = environment.open(&key, folder.path()).await?;
    let done = import.report.rows_read;
    if done > 0 {
        context.log(LogLevel::Info, format!("going on behind row {done}"));
    }

    let (batches, mut read) = mpsc::channel(AHEAD);
    let reading = Reading {
        file,
        format: import.format,
        latest: latest_day(import.created_at),
        size_bytes: import.size_bytes,
        skip: done,
    };
    let reader = tokio::task::spawn_blocking(move || reading.run(&batches));
    let stop = context.cancelled();
    let mut import = import;
    while let Some(batch) = read.recv().await {
        if stop.is_cancelled() {
            return Err(Ending::cancelled("stopped while it ran"));
        }
        context.progress(batch.fraction, "importing");
        import = merge(&context, import, batch).await?;
    }
    reader.await.map_err(Ending::died)??;
    finish(&environment, &context, &import).await?;
    let output = output(&import);
    context.log(LogLevel::Info, said(&output));
    Ok(output)
}

async fn asked(
    environment: &Environment,
    context: &Context,
    payload: &ImportMetrics,
) -> Result<ImportRow, Ending> {
    owned(context, payload.artist_id)?;
    let mut db = environment.pool.get().await?;
    let found = metrics::find_import(&mut db, payload.artist_id, payload.import_id).await?;
    Ok(found.ok_or_else(gone)?)
}

/// Rows of a file that are merged together.
struct Batch {
    good: Vec<Row>,
    refusals: Vec<Refusal>,
    /// How far in the file they end, 0 to 1.
    fraction: f32,
}

/// What the reading thread takes along.
struct Reading {
    file: File,
    format: Format,
    latest: chrono::NaiveDate,
    size_bytes: i64,
    /// Rows that an earlier attempt has merged.
    skip: u64,
}

impl Reading {
    /// Reads until the file's end, its fault, or until nobody listens any more.
    fn run(self, to: &mpsc::Sender<Batch>) -> Result<(), Ending> {
        let mut records = Records::open(self.file, self.format, self.latest)?;
        for _ in 0..self.skip {
            records.next()?;
        }
        loop {
            let (mut good, mut refusals) = (Vec::with_capacity(BATCH), Vec::new());
            let ended = loop {
                if good.len() + refusals.len() == BATCH {
                    break None;
                }
                match records.next() {
                    Ok(Some(Record::Good(row))) => good.push(row),
                    Ok(Some(Record::Refused(refusal))) => refusals.push(refusal),
                    Ok(None) => break Some(Ok(())),
                    Err(fault) => break Some(Err(fault.into())),
                }
            };
            let fraction = records.taken_bytes() as f64 / self.size_bytes.max(1) as f64;
            #[expect(clippy::cast_possible_truncation, reason = "a share of one")]
            let batch = Batch {
                good,
                refusals,
                fraction: fraction.min(1.0) as f32,
            };
            // What was read before a fault is merged before the fault is told.
            let heard = to.blocking_send(batch).is_ok();
            match ended {
                Some(ended) => return ended,
                None if !heard => return Ok(()),
                None => {}
            }
        }
    }
}

/// Merges a batch and notes it, or nothing of either.
async fn merge(
    context: &Context,
    mut import: ImportRow,
    batch: Batch,
) -> Result<ImportRow, Ending> {
    let merged = context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                let (artist, id) = (import.artist_id, import.id);
                // Whoever erases metrics has this turn too: nothing is written behind it.
                metrics::lock(tx.db(), artist).await?;
                if metrics::find_import(tx.db(), artist, id).await?.is_none() {
                    return Ok(None);
                }
                let tally =
                    metrics::merge(tx.db(), artist, &batch.good, Some(id), import.created_at)
                        .await?;
                note(&mut import.report, tally, &batch);
                metrics::note_import(tx.db(), artist, id, &import.report).await?;
                Ok::<_, QueueError>(Some(import))
            })
        })
        .await?;
    Ok(merged.ok_or_else(gone)?)
}

fn gone() -> Fault {
    let words = "the import was removed before its file was read";
    Fault::permanent("import_gone", words)
}

fn note(report: &mut ImportReport, tally: metrics::Tally, batch: &Batch) {
    report.rows_read += (batch.good.len() + batch.refusals.len()) as u64;
    report.tally += tally;
    report.refused += batch.refusals.len() as u64;
    let room = MOST_REFUSALS.saturating_sub(report.refusals.len());
    let named = batch.refusals.iter().take(room).cloned();
    report.refusals.extend(named);
}

/// Says that all of it was read, and asks for analytics that know of it.
async fn finish(
    environment: &Environment,
    context: &Context,
    import: &ImportRow,
) -> Result<(), QueueError> {
    let (artist, id, at) = (import.artist_id, import.id, environment.queue.now());
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                metrics::lock(tx.db(), artist).await?;
                if metrics::complete_import(tx.db(), artist, id, at).await? {
                    RefreshAnalytics::follow(tx, artist).await?;
                }
                Ok::<_, QueueError>(())
            })
        })
        .await
}

fn output(import: &ImportRow) -> ImportMetricsOutput {
    ImportMetricsOutput {
        import_id: import.id,
        rows_read: import.report.rows_read,
        tally: import.report.tally,
        refused: import.report.refused,
    }
}

/// The outcome in a line, for the job's story.
fn said(output: &ImportMetricsOutput) -> String {
    let tally = &output.tally;
    format!(
        "{} rows: {} added, {} changed, {} unchanged, {} superseded, {} refused",
        output.rows_read,
        tally.added,
        tally.changed,
        tally.unchanged,
        tally.superseded,
        output.refused
    )
}
