//! Makes a received file an import of an artist's: stored, then recorded with the job that reads it
//! and the answer kept for a repeat, all in one transaction.

use std::io::{BufRead, BufReader, Read};

use ::jobs::ImportMetrics;
use flate2::read::MultiGzDecoder;
use models::metrics::{self, Format, ImportReport, ImportRow};
use models::{ArtistId, ImportId};
use queue::{JobId, NewJob};
use storage::{Key, Spooled};

use super::view::MetricImport;
use crate::admission::within_quota;
use crate::app::App;
use crate::error::Problem;
use crate::idempotency;
use crate::stored::{Committing, stored};

/// As far as a file's format is looked for.
const LOOKED_AT_BYTES: u64 = 4096;

/// Accepts `file` under `filename`. The answer is durable; the flag tells that it is an earlier
/// one's, given again.
pub async fn accept_import(
    app: &App,
    artist: ArtistId,
    key: idempotency::Key,
    file: Spooled,
    filename: Option<String>,
) -> Result<(MetricImport, bool), Problem> {
    let format = format(&file).await?;
    let id = ImportId::new();
    let row = ImportRow {
        id,
        artist_id: artist,
        job_id: JobId::new().uuid().into(),
        filename: filename
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("untitled.{format}")),
        object_key: metrics::object_key(artist, id),
        format,
        size_bytes: i64::try_from(file.size_bytes()).map_err(|e| Problem::internal(&e))?,
        sha256: file.sha256().to_owned(),
        report: ImportReport::default(),
        created_at: app.queue.now(),
        completed_at: None,
    };
    let object = Key::new(row.object_key.clone())?;
    let answer = MetricImport::fresh(row.clone());
    let shown = answer.clone();
    let record = |committing| record(app, key, row, answer, committing);
    let before = stored(app, &object, file, record).await?;
    Ok(before.map_or((shown, false), |before| (before, true)))
}

/// Writes the row and its job, unless the key had an answer before (`Some`). `committing` tells after
/// an error whether the transaction may have been committed all the same.
async fn record(
    app: &App,
    key: idempotency::Key,
    row: ImportRow,
    answer: MetricImport,
    committing: Committing,
) -> Result<Option<MetricImport>, Problem> {
    let most_waiting = u64::from(app.limits.max_waiting_jobs_per_artist);
    let job = NewJob::of(&ImportMetrics {
        artist_id: row.artist_id,
        import_id: row.id,
    })?;
    let artist = row.artist_id;
    let job = job.id(JobId(row.job_id.uuid())).tenant(artist.uuid());
    app.queue
        .transaction(move |tx| {
            Box::pin(async move {
                let request: [&[u8]; 3] = [
                    b"POST /v1/metrics/imports",
                    row.sha256.as_bytes(),
                    row.filename.as_bytes(),
                ];
                if let Some(before) = key
                    .remember(tx.db(), artist, &request, &answer, row.created_at)
                    .await?
                {
                    return Ok::<_, Problem>(Some(before));
                }
                // After the key: a repeat of what was accepted is answered at a full queue too.
                within_quota(tx.waiting_of(artist.uuid()).await?, most_waiting)?;
                metrics::insert_import(tx.db(), &row).await?;
                tx.enqueue(job).await?;
                committing.begins();
                Ok(None)
            })
        })
        .await
}

/// What the file is written in, by the first byte that is no blank.
async fn format(file: &Spooled) -> Result<Format, Problem> {
    let bytes = file.open()?;
    let looked = tokio::task::spawn_blocking(move || look(bytes));
    let first = looked.await.map_err(|error| Problem::internal(&error))?;
    match first {
        Ok(Some(b'[' | b'{')) => Ok(Format::Json),
        Ok(Some(_)) => Ok(Format::Csv),
        Ok(None) => Err(Problem::invalid("file", "empty_file", "The file is empty.")),
        Err(_) => Err(Problem::invalid(
            "file",
            "corrupt",
            "The file begins like gzip, and is damaged or no gzip.",
        )),
    }
}

/// The first byte of a file that is neither blank nor of a byte-order mark, looking into gzip.
fn look(file: std::fs::File) -> std::io::Result<Option<u8>> {
    let mut file = BufReader::new(file);
    let packed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut start = Vec::new();
    if packed {
        let mut unpacked = MultiGzDecoder::new(file).take(LOOKED_AT_BYTES);
        unpacked.read_to_end(&mut start)?;
    } else {
        file.take(LOOKED_AT_BYTES).read_to_end(&mut start)?;
    }
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    Ok(start
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .copied())
}
