//! `/healthz` and `/readyz`: is the process alive, and can it take work.

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Problem;

/// The answer of a healthy process.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
    /// The program's version.
    pub version: &'static str,
}

const OK: Health = Health {
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

/// The process is alive. Looks at nothing else, so that a slow database never restarts it.
#[utoipa::path(tag = "platform", responses((status = 200, body = Health)), security())]
#[get("/healthz")]
pub async fn healthz() -> Json<Health> {
    Json(OK)
}

/// The process can take work: the database and object storage answer.
#[utoipa::path(
    tag = "platform",
    responses((status = 200, body = Health), (status = 503, description = "`not_ready`", body = Problem)),
    security(),
)]
#[get("/readyz")]
pub async fn readyz(app: Data<App>) -> Result<Json<Health>, Problem> {
    if app.stopping.is_cancelled() {
        return Err(not_ready("The server is stopping."));
    }
    let database = async {
        app.pool.ping().await.map_err(|error| {
            tracing::warn!(%error, "the database does not answer");
            not_ready("The database does not answer.")
        })
    };
    let objects = async {
        app.storage.check().await.map_err(|error| {
            tracing::warn!(%error, "object storage does not answer");
            not_ready("Object storage does not answer.")
        })
    };
    futures::try_join!(database, objects)?;
    Ok(Json(OK))
}

fn not_ready(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail).retry_after(2)
}
