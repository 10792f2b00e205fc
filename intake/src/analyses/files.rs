//! `GET /v1/analyses/{id}/files/{name}`: a picture of a track, as numbers or to look at.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use models::AnalysisId;

use super::show::find;
use super::view::address;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::files::{finished, named, send_file, stem};
use crate::refusals::NoFile;

/// One file of a finished analysis, by its name in `files`; `Range` is honoured.
///
/// `peaks.dat` and `peaks.json` are waveforms in the form of BBC audiowaveform (version 2, 8 bits):
/// the first the finer one. `spectrogram.png` is grey, 128 mel rows, low frequencies at the bottom,
/// -100 dBFS (black) to 0 dBFS (white).
#[utoipa::path(
    tag = "analyses",
    params(
        ("id" = Uuid, Path),
        ("name" = String, Path, description = "`peaks.dat`, `peaks.json` or `spectrogram.png`."),
        ("Range" = Option<String>, Header, description = "One range of bytes."),
    ),
    responses(
        (status = 200, description = "The whole file.", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "One range of it.", content_type = "application/octet-stream", body = Vec<u8>),
        NoFile,
    ),
)]
#[route("/v1/analyses/{id}/files/{name}", method = "GET", method = "HEAD")]
pub async fn analysis_file(
    caller: Caller,
    app: Data<App>,
    path: Path<(AnalysisId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let found = find(&app, caller, id).await?;
    let result = finished(found.analysis.result.as_ref(), "analysis", &address(id))?;
    let file = named(result, &name)?;
    let (what, ending) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
    let filename = format!("{} ({what}).{ending}", stem(&found.track_filename));
    send_file(&app, &request, file, filename).await
}
