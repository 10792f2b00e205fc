//! `DELETE /v1/metrics`: erase all metrics and all that was computed from them.

use actix_web::delete;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricsErasure {
    /// Values.
    pub values: u64,
    /// Imports.
    pub imports: u64,
    /// Files.
    pub objects: u64,
}

/// Erase all of the artist's metrics, imports and analytics.
///
/// Nothing of them stays: no value, no file that was handed in, no result. Imports that run are
/// cancelled, and one that is handed in at the same moment may go along. Models that learned from them go with `DELETE /v1/analytics/models`. It can't be undone.
#[utoipa::path(
    tag = "metrics",
    responses((status = 200, body = MetricsErasure), (status = 401, body = Problem)),
)]
#[delete("/v1/metrics")]
pub async fn erase_metrics(
    caller: Caller,
    app: Data<App>,
) -> Result<Json<MetricsErasure>, Problem> {
    let erased = app.insight.erase_metrics(caller.0).await?;
    Ok(Json(MetricsErasure {
        values: erased.values,
        imports: erased.imports,
        objects: erased.objects,
    }))
}
