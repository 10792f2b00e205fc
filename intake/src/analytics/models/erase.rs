//! `DELETE /v1/analytics/models`: erase all models and all that they learned from.

use actix_web::delete;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct Erasure {
    /// Versions of models.
    pub versions: u64,
    /// Datasets.
    pub datasets: u64,
    /// Files.
    pub objects: u64,
}

/// Erase all of the artist's models and datasets.
///
/// Nothing of them stays: no version, no alias, no record of a move, no fingerprint of data, no file.
/// Trainings that run are cancelled, and a dataset that is handed in at the same moment may go along. It
/// can't be undone.
#[utoipa::path(
    tag = "analytics",
    responses((status = 200, body = Erasure), (status = 401, body = Problem)),
)]
#[delete("/v1/analytics/models")]
pub async fn erase_models(caller: Caller, app: Data<App>) -> Result<Json<Erasure>, Problem> {
    let erased = app.insight.erase(caller.0).await?;
    Ok(Json(Erasure {
        versions: erased.versions,
        datasets: erased.datasets,
        objects: erased.objects,
    }))
}
