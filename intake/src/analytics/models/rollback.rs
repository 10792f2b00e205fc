//! `POST /v1/analytics/models/{model}/rollback`: make the champion before this one the champion
//! again.

use ::models::registry::{self, Act};
use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::{Bytes, Data, Json, Path};

use super::moving::{Because, champion, moved, optional};
use super::view::WholeModel;
use crate::app::App;
use crate::auth::Caller;
use crate::body::whole;
use crate::error::Problem;

/// Make the champion before this one the champion again.
///
/// Rolling back once more goes further back. Send `champion`, and a repeat does not.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    request_body = Because,
    responses(
        (status = 200, description = "The one before is the champion.", body = WholeModel),
        (status = 400, description = "`bad_json`", body = Problem),
        (status = 401, body = Problem),
        (status = 404, description = "No such model.", body = Problem),
        (status = 409, description = "`alias_moved`, `no_previous_version`, `model_damaged`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`invalid_field`, `out_of_range`", body = Problem),
    ),
)]
#[post("/v1/analytics/models/{model}/rollback")]
pub async fn rollback_model(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<WholeModel>, Problem> {
    let because: Because = optional(&whole(body)?)?;
    let from = champion(&app, caller.0, &model, &because).await?;
    let before = {
        let mut db = app.pool.get().await?;
        registry::previous_champion(&mut db, caller.0, &model, &from.version).await?
    };
    let to = before.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            "no_previous_version",
            "The champion is the model's first.",
        )
    })?;
    let shown = moved(&app, from, to, Act::RolledBack, because).await?;
    Ok(Json(shown))
}
