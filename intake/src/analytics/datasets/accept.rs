//! Makes a received file a dataset of an artist's: read to its end, stored, recorded once.

use ::models::datasets::{self, DatasetRow};
use ::models::{ArtistId, DatasetId};
use storage::{Key, Spooled};

use super::create::DatasetQuery;
use super::view::Dataset;
use crate::app::App;
use crate::error::Problem;
use crate::idempotency;
use crate::stored::{Committing, stored};

/// Accepts `file`. The answer is durable; the flag tells that it is an earlier one's, given again.
pub async fn accept_dataset(
    app: &App,
    artist: ArtistId,
    key: idempotency::Key,
    file: Spooled,
    asked: DatasetQuery,
) -> Result<(Dataset, bool), Problem> {
    let looked = app
        .insight
        .look_at(file.path().to_owned(), asked.target.clone());
    let about = looked.await?;
    let id = DatasetId::new();
    let row = DatasetRow {
        id,
        artist_id: artist,
        name: asked.name,
        target: asked.target,
        row_count: number(about.rows)?,
        column_count: number(about.columns)?,
        covers_from: asked.from,
        covers_to: asked.to,
        size_bytes: number(file.size_bytes())?,
        sha256: file.sha256().to_owned(),
        object_key: datasets::object_key(artist, id),
        created_at: app.queue.now(),
        removed_at: None,
    };
    let dataset = Dataset::from(row.clone());
    let object = Key::new(row.object_key.clone())?;
    let answer = dataset.clone();
    let record = |committing| record(app, key, row, answer, committing);
    let before = stored(app, &object, file, record).await?;
    Ok(before.map_or((dataset, false), |before| (before, true)))
}

fn number<T: TryFrom<u64>>(value: u64) -> Result<T, Problem>
where
    T::Error: std::fmt::Display,
{
    T::try_from(value).map_err(|error| Problem::internal(&error))
}

/// Writes the row, unless the key had an answer before (`Some`).
async fn record(
    app: &App,
    key: idempotency::Key,
    row: DatasetRow,
    answer: Dataset,
    committing: Committing,
) -> Result<Option<Dataset>, Problem> {
    app.pool
        .tx(move |db| {
            Box::pin(async move {
                let said = |part: &Option<String>| part.clone().unwrap_or_default();
                let (from, to) = (said(&row.covers_from), said(&row.covers_to));
                let request: [&[u8]; 6] = [
                    b"POST /v1/analytics/datasets",
                    row.sha256.as_bytes(),
                    row.name.as_bytes(),
                    row.target.as_bytes(),
                    from.as_bytes(),
                    to.as_bytes(),
                ];
                let before = key
                    .remember(db, row.artist_id, &request, &answer, row.created_at)
                    .await?;
                if before.is_none() {
                    datasets::insert(db, &row).await?;
                    committing.begins();
                }
                Ok(before)
            })
        })
        .await
}
