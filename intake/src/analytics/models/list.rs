//! `GET /v1/analytics/models`: the artist's models.

use ::models::registry;
use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::Model;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// All of an artist's models.
#[derive(Debug, Serialize, ToSchema)]
pub struct Models {
    /// By name; at most 100.
    pub items: Vec<Model>,
}

/// The artist's models that have a version, by name.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Models), (status = 401, body = Problem)),
)]
#[get("/v1/analytics/models")]
pub async fn list_models(caller: Caller, app: Data<App>) -> Result<Json<Models>, Problem> {
    let mut db = app.pool.get().await?;
    let aliases = registry::aliases(&mut db, caller.0).await?;
    Ok(Json(Models {
        items: Model::all(&aliases),
    }))
}
