//! `GET /v1/albums/{id}/files/{name}`: one of the files of a finished album.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::AlbumId;

use super::show::find;
use super::view::address;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::files::{finished, named, send_file};
use crate::masters::view::saved_as;
use crate::refusals::NoFile;

/// One file of a finished album, by its name in a track's `files`; `Range` is honoured.
#[utoipa::path(
    tag = "masters",
    params(
        ("id" = Uuid, Path),
        ("name" = String, Path, description = "The file's name."),
        ("Range" = Option<String>, Header, description = "One range of bytes."),
    ),
    responses(
        (status = 200, description = "The whole file.", content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "One range of it.", content_type = "audio/wav", body = Vec<u8>),
        NoFile,
    ),
)]
#[route("/v1/albums/{id}/files/{name}", method = "GET", method = "HEAD")]
pub async fn album_file(
    caller: Caller,
    app: Data<App>,
    path: Path<(AlbumId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let album = find(&app, caller, id).await?;
    let result = finished(album.result.as_ref(), "album", &address(id))?;
    let file = named(result, &name)?;
    let outputs = album.settings.outputs.len();
    let track = result.files.iter().position(|other| other == file);
    let track = track.and_then(|place| album.tracks.get(place.checked_div(outputs)?));
    let (_, track) = track.ok_or_else(|| Problem::internal(&"a file without a track"))?;
    let (number, rest) = file.name.split_once('-').unwrap_or(("", &file.name));
    let target = &album.settings.target.name;
    let filename = saved_as(track, &format!("{target} master"), rest, outputs > 1);
    send_file(&app, &request, file, format!("{number} {filename}")).await
}
