//! Takes an upload's bytes, raw or multipart, into a spool file: constant memory, counted, hashed.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, Payload};
use futures::{Stream, StreamExt};
use storage::{Spool, Spooled};
use tokio::sync::SemaphorePermit;

use crate::app::App;
use crate::error::Problem;

const FIELD: &str = "file";
const LONGEST_NAME: usize = 255;

/// The bytes of an upload and the name they came under, if any.
pub(crate) struct Received {
    pub file: Spooled,
    pub filename: Option<String>,
}

/// A place among the uploads in progress, or 503.
pub(crate) fn place(app: &App) -> Result<SemaphorePermit<'_>, Problem> {
    app.uploads.try_acquire().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_uploads",
            "Too many uploads are in progress. Try again shortly.",
        )
        .retry_after(5)
    })
}

/// Reads the whole body. Nothing is kept when it ends early, stalls or is longer than `limit` bytes.
pub(crate) async fn receive(
    app: &App,
    request: &HttpRequest,
    body: Payload,
    limit: u64,
) -> Result<Received, Problem> {
    let idle = app.limits.upload_idle();
    refuse_declared(request, limit)?;
    let spool = app.storage.spool(limit)?;
    if !is_multipart(request) {
        let file = fill(spool, body, idle).await?;
        return Ok(Received {
            file,
            filename: None,
        });
    }
    let mut parts = Multipart::new(request.headers(), body);
    while let Some(part) = next(&mut parts, idle).await? {
        let part = part.map_err(|error| malformed(&error))?;
        let about = part.content_disposition();
        if about.and_then(|about| about.get_name()) != Some(FIELD) {
            continue;
        }
        let filename = about.and_then(|about| about.get_filename()).map(tidy);
        let file = fill(spool, part, idle).await?;
        return Ok(Received { file, filename });
    }
    Err(Problem::invalid(
        FIELD,
        "missing_field",
        format!("The multipart body has no part named `{FIELD}`."),
    ))
}

/// A client's file name without folders and control characters, and not too long for a disk.
pub(crate) fn tidy(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = name.chars().filter(|c| !c.is_control()).collect();
    while clean.len() > LONGEST_NAME {
        clean.pop();
    }
    clean.trim().to_owned()
}

/// Refuses before the first byte what says itself that it is too large.
fn refuse_declared(request: &HttpRequest, limit_bytes: u64) -> Result<(), Problem> {
    // Boundaries and part headers come on top of the file itself.
    const MULTIPART_ROOM: u64 = 64 * 1024;
    let declared = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match declared {
        Some(bytes) if bytes > limit_bytes.saturating_add(MULTIPART_ROOM) => {
            Err(storage::StorageError::TooLarge { limit_bytes }.into())
        }
        _ => Ok(()),
    }
}

fn is_multipart(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/"))
}

async fn fill<E: std::fmt::Display>(
    mut spool: Spool,
    bytes: impl Stream<Item = Result<Bytes, E>>,
    idle: Duration,
) -> Result<Spooled, Problem> {
    let mut bytes = std::pin::pin!(bytes);
    while let Some(chunk) = next(&mut bytes, idle).await? {
        let chunk = chunk.map_err(|error| malformed(&error))?;
        spool.write_chunk(&chunk).await?;
    }
    Ok(spool.finish().await?)
}

async fn next<S: Stream + Unpin>(
    stream: &mut S,
    idle: Duration,
) -> Result<Option<S::Item>, Problem> {
    tokio::time::timeout(idle, stream.next())
        .await
        .map_err(|_| {
            Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "upload_stalled",
                format!("Nothing arrived for {} seconds.", idle.as_secs()),
            )
        })
}

fn malformed(error: &dyn std::fmt::Display) -> Problem {
    Problem::bad_request(
        "upload_interrupted",
        format!("The upload ended early or is not well formed: {error}."),
    )
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn a_file_name_loses_folders_and_control_characters() {
        assert_eq!(tidy("C:\\music\\my song.wav"), "my song.wav");
        assert_eq!(tidy("../../etc/passwd"), "passwd");
        assert_eq!(tidy("a\u{0}\nb.flac"), "ab.flac");
    }

    #[test]
    fn a_long_file_name_is_cut_between_characters() {
        assert_eq!(tidy(&"é".repeat(200)).len(), 254);
    }
}
