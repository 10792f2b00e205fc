//! `GET /v1/analytics/models/{model}`: one model with its versions and the moves of its aliases.

use ::models::{ArtistId, registry};
use actix_web::get;
use actix_web::web::{Data, Json, Path};
use db::DbError;

use super::view::{Model, WholeModel};
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// Versions and moves that are shown.
const NEWEST: i64 = 100;

/// One model.
#[utoipa::path(
    tag = "analytics",
    params(("model" = String, Path, description = "Its name.")),
    responses((status = 200, body = WholeModel), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
#[get("/v1/analytics/models/{model}")]
pub async fn show_model(
    caller: Caller,
    app: Data<App>,
    model: Path<String>,
) -> Result<Json<WholeModel>, Problem> {
    Ok(Json(whole(&app, caller.0, &model).await?))
}

/// The artist's own model as it is now, or 404.
pub(super) async fn whole(app: &App, artist: ArtistId, name: &str) -> Result<WholeModel, Problem> {
    let name = name.to_owned();
    // Aliases, versions and moves of one moment: jobs move aliases at any time.
    let read = app.pool.snapshot::<_, DbError, _>(move |db| {
        Box::pin(async move {
            Ok((
                registry::aliases_of(db, artist, &name).await?,
                registry::versions(db, artist, &name, NEWEST).await?,
                registry::history(db, artist, &name, NEWEST).await?,
            ))
        })
    });
    let (aliases, versions, moves) = read.await?;
    Ok(WholeModel {
        model: Model::of(&aliases).ok_or_else(|| Problem::not_found("model"))?,
        versions: versions.into_iter().map(Into::into).collect(),
        moves: moves.into_iter().map(Into::into).collect(),
    })
}
