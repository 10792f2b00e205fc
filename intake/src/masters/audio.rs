//! `GET /v1/masters/{id}/audio`: the finished master.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::MasterId;
use models::masters::Purpose;

use super::files::send_first;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::refusals::NoFile;

/// The finished master's file, the first if there are several; `Range` is honoured.
#[utoipa::path(
    tag = "masters",
    params(("id" = Uuid, Path), ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, description = "The whole file.", content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "One range of it.", content_type = "audio/wav", body = Vec<u8>),
        NoFile,
    ),
)]
#[route("/v1/masters/{id}/audio", method = "GET", method = "HEAD")]
pub async fn master_audio(
    caller: Caller,
    app: Data<App>,
    id: Path<MasterId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    send_first(&app, caller, Purpose::Master, *id, &request).await
}
