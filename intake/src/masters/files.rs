//! `GET /v1/masters/{id}/files/{name}`: one of the files of a finished master.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::MasterId;
use models::masters::{MasterOfTrack, Purpose};

use super::show::find;
use super::view::{address, filename};
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::files::{finished, named, send_file};
use crate::refusals::NoFile;

/// One file of a finished master, by its name in `files`; `Range` is honoured.
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
#[route("/v1/masters/{id}/files/{name}", method = "GET", method = "HEAD")]
pub async fn master_file(
    caller: Caller,
    app: Data<App>,
    path: Path<(MasterId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    send_named(&app, caller, Purpose::Master, (id, &name), &request).await
}

/// Sends the file of a name.
pub(crate) async fn send_named(
    app: &App,
    caller: Caller,
    purpose: Purpose,
    (id, name): (MasterId, &str),
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let MasterOfTrack {
        master,
        track_filename,
    } = find(app, caller, purpose, id).await?;
    let at = address(purpose, id);
    let result = finished(master.result.as_ref(), purpose.as_str(), &at)?;
    let file = named(result, name)?;
    let filename = filename(&track_filename, &master, &result.files, file);
    send_file(app, request, file, filename).await
}

/// Sends the first file.
pub(crate) async fn send_first(
    app: &App,
    caller: Caller,
    purpose: Purpose,
    id: MasterId,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let MasterOfTrack {
        master,
        track_filename,
    } = find(app, caller, purpose, id).await?;
    let at = address(purpose, id);
    let result = finished(master.result.as_ref(), purpose.as_str(), &at)?;
    let first = result.files.first();
    let file = first.ok_or_else(|| Problem::internal(&"a result without a file"))?;
    let filename = filename(&track_filename, &master, &result.files, file);
    send_file(app, request, file, filename).await
}
