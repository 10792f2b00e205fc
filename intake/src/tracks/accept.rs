//! Makes a received file a track of an artist's: recognised by its bytes, stored, recorded once.

use ::jobs::sentence;
use actix_web::http::StatusCode;
use db::Time;
use models::tracks::{self, TrackRow};
use models::{ArtistId, TrackId};
use storage::sniff::{self, Recognised, SniffError, SniffLimits};
use storage::{Key, Spooled};

use super::view::Track;
use crate::app::App;
use crate::error::Problem;
use crate::idempotency;
use crate::stored::{Committing, stored};

/// Accepts `file` under `filename`. The answer is durable; the flag tells that it is an earlier
/// one's, given again.
pub async fn accept_track(
    app: &App,
    artist: ArtistId,
    key: idempotency::Key,
    file: Spooled,
    filename: Option<String>,
) -> Result<(Track, bool), Problem> {
    let recognised = recognise(&file, f64::from(app.limits.max_duration_seconds)).await?;
    let row = row(artist, filename, &file, &recognised, app.queue.now())?;
    let track = Track::from(row.clone());
    let object = Key::new(row.object_key.clone())?;
    let answer = track.clone();
    let record = |committing| record(app, key, row, answer, committing);
    let before = stored(app, &object, file, record).await?;
    Ok(before.map_or((track, false), |before| (before, true)))
}

/// Writes the row, unless the key had an answer before (`Some`). `committing` tells after an error
/// whether the transaction may have been committed all the same.
async fn record(
    app: &App,
    key: idempotency::Key,
    row: TrackRow,
    answer: Track,
    committing: Committing,
) -> Result<Option<Track>, Problem> {
    app.pool
        .tx(move |db| {
            Box::pin(async move {
                let request: [&[u8]; 3] = [
                    b"POST /v1/tracks",
                    row.sha256.as_bytes(),
                    row.filename.as_bytes(),
                ];
                let before = key
                    .remember(db, row.artist_id, &request, &answer, row.created_at)
                    .await?;
                if before.is_none() {
                    tracks::insert(db, &row).await?;
                    committing.begins();
                }
                Ok(before)
            })
        })
        .await
}

async fn recognise(file: &Spooled, max_duration_seconds: f64) -> Result<Recognised, Problem> {
    let bytes = file.open()?;
    let size_bytes = file.size_bytes();
    let limits = SniffLimits {
        max_duration_seconds,
        ..SniffLimits::default()
    };
    tokio::task::spawn_blocking(move || sniff::recognise(bytes, size_bytes, &limits))
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| not_accepted(&error))
}

fn not_accepted(error: &SniffError) -> Problem {
    let status = match error {
        SniffError::NotAudio { .. } | SniffError::UnsupportedAudio { .. } => {
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        }
        SniffError::Unreadable(_) => return Problem::unavailable(error),
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, error.code(), sentence(&error.to_string())).field("file")
}

fn row(
    artist_id: ArtistId,
    filename: Option<String>,
    file: &Spooled,
    recognised: &Recognised,
    now: Time,
) -> Result<TrackRow, Problem> {
    let number = |value: u32| i32::try_from(value).map_err(|e| Problem::internal(&e));
    let id = TrackId::new();
    let extension = recognised.extension.to_owned();
    let filename = filename
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("untitled.{extension}"));
    Ok(TrackRow {
        id,
        artist_id,
        filename,
        format: recognised.format.name().to_owned(),
        media_type: recognised.media_type.to_owned(),
        sample_rate_hz: number(recognised.sample_rate_hz)?,
        channels: number(recognised.channels.into())?,
        bits: recognised
            .bits
            .map(|bits| number(bits.into()))
            .transpose()?,
        duration_seconds: recognised.duration_seconds,
        size_bytes: i64::try_from(file.size_bytes()).map_err(|e| Problem::internal(&e))?,
        sha256: file.sha256().to_owned(),
        object_key: tracks::object_key(artist_id, id, &extension),
        extension,
        created_at: now,
    })
}
