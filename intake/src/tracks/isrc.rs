//! `PUT /v1/tracks/{id}/isrc`: what sources of metrics know a track by.

use actix_web::http::StatusCode;
use actix_web::put;
use actix_web::web::{Bytes, Data, Json, Path};
use models::{TrackId, track_isrcs, tracks};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{json, whole};
use crate::error::Problem;

/// What to put.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IsrcRequest {
    /// The ISRC: two letters, three letters or digits, seven digits; without hyphens.
    #[schema(example = "DEA621000001")]
    pub isrc: String,
}

/// A track's ISRC.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackIsrc {
    /// The track.
    pub track_id: Uuid,
    /// Its ISRC.
    pub isrc: String,
}

/// Whether this is the form of ISO 3901.
fn is_isrc(text: &str) -> bool {
    text.len() == 12
        && text.bytes().enumerate().all(|(at, byte)| match at {
            0 | 1 => byte.is_ascii_uppercase(),
            2..=4 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            _ => byte.is_ascii_digit(),
        })
}

/// Say which ISRC a track has, so that metrics that name it are known to be of this track.
#[utoipa::path(
    tag = "tracks",
    params(("id" = Uuid, Path)),
    request_body = IsrcRequest,
    responses(
        (status = 200, body = TrackIsrc),
        (status = 400, description = "`bad_json`", body = Problem),
        (status = 401, description = "`unauthorised`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`isrc_taken`", body = Problem),
        (status = 422, description = "`invalid_field`", body = Problem),
    ),
)]
#[put("/v1/tracks/{id}/isrc")]
pub async fn put_isrc(
    caller: Caller,
    app: Data<App>,
    id: Path<TrackId>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<TrackIsrc>, Problem> {
    let IsrcRequest { isrc } = json(&whole(body)?)?;
    if !is_isrc(&isrc) {
        let rule = "isrc must be an ISRC as in DEA621000001, without hyphens.";
        return Err(Problem::invalid("isrc", "invalid_field", rule));
    }
    let (artist, track) = (caller.0, *id);
    let wanted = isrc.clone();
    let put = app.pool.tx::<_, Problem, _>(move |db| {
        Box::pin(async move {
            let found = tracks::find(db, artist, track).await?;
            found.ok_or_else(|| Problem::not_found("track"))?;
            if track_isrcs::put(db, artist, track, &wanted).await? {
                return Ok(());
            }
            let detail = "Another of your tracks has this ISRC.";
            Err(Problem::new(StatusCode::CONFLICT, "isrc_taken", detail))
        })
    });
    put.await?;
    Ok(Json(TrackIsrc {
        track_id: track.uuid(),
        isrc,
    }))
}
