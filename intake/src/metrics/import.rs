//! `POST /v1/metrics/imports`: hand in a file of metrics.

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, post};

use super::accept::accept_import;
use super::view::MetricImport;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::idempotency::{Key, answer};
use crate::tracks::receive::{Received, place, receive, tidy};
use crate::tracks::upload::{UploadForm, UploadQuery};

/// The largest file of metrics, bytes, as it is sent.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Hand in a file of metrics.
///
/// The file is the raw body, or the part `file` of a multipart body, of at most 256 MiB. It is CSV
/// with the header `date,metric,source,track,value` in any order (`track` may be left out), or JSON
/// with these fields: an array of objects or one object a line. Either may be compressed with gzip.
/// A bad row is refused by line, column and rule, and the others are imported; importing the same
/// again changes nothing. Answered as soon as the job is durably stored. Follow it at the
/// `Location`.
#[utoipa::path(
    tag = "metrics",
    params(UploadQuery, ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body(content(
        (Vec<u8> = "application/octet-stream"),
        (UploadForm = "multipart/form-data"),
    )),
    responses(
        (status = 202, description = "Accepted.", body = MetricImport, headers(("Location" = String, description = "The job."))),
        (status = 400, description = "`upload_interrupted`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 408, description = "`upload_stalled`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`empty_file`, `corrupt`, `missing_field`, `idempotency_key_reused`", body = Problem),
        (status = 429, description = "`too_many_waiting_jobs`", body = Problem),
        (status = 503, description = "`too_many_uploads`, `unavailable`", body = Problem),
    ),
)]
#[post("/v1/metrics/imports")]
pub async fn import_metrics(
    caller: Caller,
    app: Data<App>,
    query: Query<UploadQuery>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let key = Key::of(&request)?;
    let _place = place(&app)?;
    let most = app.limits.max_upload_bytes.min(MOST_BYTES);
    let Received { file, filename } = receive(&app, &request, body, most).await?;
    let filename = query.filename.as_deref().map(tidy).or(filename);
    let (import, replayed) = accept_import(&app, caller.0, key, file, filename).await?;
    let job = format!("/v1/jobs/{}", import.job_id);
    Ok(answer(HttpResponse::Accepted(), job, &import, replayed))
}
