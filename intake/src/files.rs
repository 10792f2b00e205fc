//! Files that jobs made: how they are listed, named and sent.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use models::artifacts::{Artifact, ResultRow};
use serde::{Deserialize, Serialize};
use storage::Key;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Problem;
use crate::ranges::{Download, send};

/// A file that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeFile {
    /// Its name among the files of its owner.
    #[schema(example = "master-24bit.wav")]
    pub name: String,
    /// What it is, in a word.
    #[schema(example = "wav")]
    pub format: String,
    /// Its media type.
    #[schema(example = "audio/wav")]
    pub media_type: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Where it is, below the address of the platform.
    pub url: String,
}

impl MadeFile {
    /// Every file of what is at `owner`, an address.
    pub fn all(files: &[Artifact], owner: &str) -> Vec<Self> {
        let shown = |file: &Artifact| Self {
            name: file.name.clone(),
            format: file.format.clone(),
            media_type: file.media_type.clone(),
            size_bytes: file.size_bytes,
            sha256: file.sha256.clone(),
            url: format!("{owner}/files/{}", file.name),
        };
        files.iter().map(shown).collect()
    }
}

/// The result, or 409 `not_finished`; `what` is at `address`.
pub fn finished<'a>(
    result: Option<&'a ResultRow>,
    what: &str,
    address: &str,
) -> Result<&'a ResultRow, Problem> {
    result.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "not_finished",
            format!("This {what} has no file (yet). Its state is at {address}."),
        )
    })
}

/// The file of a name, or 404.
pub fn named<'a>(result: &'a ResultRow, name: &str) -> Result<&'a Artifact, Problem> {
    let found = result.files.iter().find(|file| file.name == name);
    found.ok_or_else(|| Problem::not_found("file"))
}

/// Sends a file, to be saved as `filename`; `Range` is honoured.
pub async fn send_file(
    app: &App,
    request: &HttpRequest,
    file: &Artifact,
    filename: String,
) -> Result<HttpResponse, Problem> {
    let download = Download {
        key: &Key::new(file.object_key.clone())?,
        size_bytes: u64::try_from(file.size_bytes).map_err(|e| Problem::internal(&e))?,
        sha256: &file.sha256,
        media_type: &file.media_type,
        filename,
    };
    send(&app.storage, request, download).await
}

/// A track's file name without its ending.
pub fn stem(track: &str) -> &str {
    track.rsplit_once('.').map_or(track, |(stem, _)| stem)
}
