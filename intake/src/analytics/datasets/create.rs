//! `POST /v1/analytics/datasets`: hand in rows to learn from.

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::accept::accept_dataset;
use super::view::Dataset;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;
use crate::idempotency;
use crate::tracks::receive::{place, receive};

/// Most bytes of a dataset: it is read into memory when it is learned from.
const MOST_BYTES: u64 = 32 << 20;
/// Most characters of a name.
const LONGEST: usize = 200;

/// What the rows are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DatasetQuery {
    /// What to call it, 1 to 200 characters.
    pub name: String,
    /// The column to predict: 1, yes or true against 0, no or false.
    pub target: String,
    /// The first day that the rows tell of, as YYYY-MM-DD.
    pub from: Option<String>,
    /// The last day, likewise.
    pub to: Option<String>,
}

impl DatasetQuery {
    fn check(&self) -> Result<(), Problem> {
        for (field, text) in [("name", &self.name), ("target", &self.target)] {
            if !(1..=LONGEST).contains(&text.chars().count()) {
                let rule = format!("{field} must have 1 to {LONGEST} characters.");
                return Err(Problem::invalid(field, "out_of_range", rule));
            }
        }
        let day = |field: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(|text| {
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
                day.filter(|day| day.to_string() == *text).ok_or_else(|| {
                    let rule = format!("{field} must be a day as in 2026-01-31.");
                    Problem::invalid(field, "invalid_field", rule)
                })
            });
            parsed.transpose()
        };
        if let (Some(from), Some(to)) = (day("from", &self.from)?, day("to", &self.to)?)
            && from > to
        {
            let rule = "from must not be later than to.";
            return Err(Problem::invalid("from", "out_of_range", rule));
        }
        Ok(())
    }
}

/// Hand in rows to learn from.
///
/// The file is CSV with a header, at most 32 MiB, as the raw body or the part `file` of a multipart
/// body. It is read to its end before it is accepted; what can't be learned from is refused with its
/// line and column. The answer comes when it is durably stored.
#[utoipa::path(
    tag = "analytics",
    params(DatasetQuery, ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless.")),
    request_body(content(
        (Vec<u8> = "text/csv"),
        (crate::tracks::upload::UploadForm = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "Stored.", body = Dataset, headers(("Location" = String))),
        (status = 400, description = "`upload_interrupted`, `bad_idempotency_key`, `bad_query`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 408, description = "`upload_stalled`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`bad_line`, `bad_data`, `unknown_column`, `invalid_field`, `out_of_range`, `missing_field`, `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`too_many_uploads`, `unavailable`", body = Problem),
    ),
)]
#[post("/v1/analytics/datasets")]
pub async fn create_dataset(
    caller: Caller,
    app: Data<App>,
    query: Query<DatasetQuery>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let key = idempotency::Key::of(&request)?;
    let asked = query.into_inner();
    asked.check()?;
    let _place = place(&app)?;
    let limit = app.limits.max_upload_bytes.min(MOST_BYTES);
    let file = receive(&app, &request, body, limit).await?.file;
    let (dataset, replayed) = accept_dataset(&app, caller.0, key, file, asked).await?;

    let location = format!("/v1/analytics/datasets/{}", dataset.id);
    let created = HttpResponse::Created();
    Ok(idempotency::answer(created, location, &dataset, replayed))
}
