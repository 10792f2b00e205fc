//! `GET /v1/previews/{id}/files/{name}`: the finished preview, by its file's name.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::MasterId;
use models::masters::Purpose;

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::masters::files::send_named;
use crate::refusals::NoFile;

/// One file of a finished preview, by its name in `files`; `Range` is honoured.
#[utoipa::path(
    tag = "masters",
    params(
        ("id" = Uuid, Path),
        ("name" = String, Path, description = "The file's name."),
        ("Range" = Option<String>, Header, description = "One range of bytes."),
    ),
    responses(
        (status = 200, description = "The whole file.", content_type = "audio/ogg", body = Vec<u8>),
        (status = 206, description = "One range of it.", content_type = "audio/ogg", body = Vec<u8>),
        NoFile,
    ),
)]
#[route("/v1/previews/{id}/files/{name}", method = "GET", method = "HEAD")]
pub async fn preview_file(
    caller: Caller,
    app: Data<App>,
    path: Path<(MasterId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    send_named(&app, caller, Purpose::Preview, (id, &name), &request).await
}
