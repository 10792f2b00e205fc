//! `POST /v1/analytics/models/{model}/promote`: make a version the champion.

use ::models::registry::{self, Act, Alias};
use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::{Bytes, Data, Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::moving::{Because, champion, moved, optional};
use super::view::WholeModel;
use crate::app::App;
use crate::auth::Caller;
use crate::body::whole;
use crate::error::Problem;

/// Which version, and why. All of it may be left out.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The version; the challenger when absent.
    #[serde(default)]
    pub version: Option<String>,
    /// The version that is champion as far as the caller knows: when another is, nothing is done.
    #[serde(default)]
    pub champion: Option<String>,
    /// Why, for the record: at most 500 characters.
    #[serde(default)]
    pub why: Option<String>,
}

/// Make a version the champion: from now on it answers.
///
/// It is loaded and checked first; one that can't serve is refused, and the champion stays.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    request_body = Promotion,
    responses(
        (status = 200, description = "It is the champion, also if it was before.", body = WholeModel),
        (status = 400, description = "`bad_json`", body = Problem),
        (status = 401, body = Problem),
        (status = 404, description = "No such model, or version.", body = Problem),
        (status = 409, description = "`alias_moved`, `no_challenger`, `model_damaged`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `out_of_range`", body = Problem),
    ),
)]
#[post("/v1/analytics/models/{model}/promote")]
pub async fn promote_model(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<WholeModel>, Problem> {
    let Promotion {
        version,
        champion: thought,
        why,
    } = optional(&whole(body)?)?;
    let because = Because {
        champion: thought,
        why,
    };
    let from = champion(&app, caller.0, &model, &because).await?;
    let found = {
        let mut db = app.pool.get().await?;
        match &version {
            Some(version) => registry::version(&mut db, caller.0, &model, version).await?,
            None => registry::holder(&mut db, caller.0, &model, Alias::Challenger).await?,
        }
    };
    let missing = || match version {
        Some(_) => Problem::not_found("version").field("version"),
        None => Problem::new(
            StatusCode::CONFLICT,
            "no_challenger",
            "The model has no challenger. Name a version.",
        ),
    };
    let to = found.ok_or_else(missing)?.version;
    let shown = moved(&app, from, to, Act::Promoted, because).await?;
    Ok(Json(shown))
}
