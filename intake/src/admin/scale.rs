//! `GET /v1/admin/queues/{queue}/scale`: the figures that an autoscaler goes by, in the shape of
//! KEDA's metrics-api.

use actix_web::get;
use actix_web::web::{Data, Json, Path};
use queue::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Operator, OperatorsOnly};
use crate::error::Problem;

/// How much there is to do in one queue. Each number can be a `valueLocation`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scale {
    /// The queue.
    pub queue: String,
    /// Jobs that a free worker would take now; 0 while the queue is paused.
    pub waiting: u64,
    /// Jobs that run.
    pub running: u64,
    /// Both together: what workers are needed for.
    pub wanted: u64,
    /// How long the oldest waiting job has waited; 0 while the queue is paused.
    pub oldest_age_seconds: f64,
}

/// The figures of one queue for an autoscaler.
#[utoipa::path(
    tag = "admin",
    params(("queue" = String, Path)),
    responses(
        (status = 200, body = Scale),
        OperatorsOnly,
    ),
)]
#[get("/v1/admin/queues/{queue}/scale")]
pub async fn admin_scale(
    _operator: Operator,
    app: Data<App>,
    queue: Path<String>,
) -> Result<Json<Scale>, Problem> {
    let all = app.queue.queues().await?;
    let view = all.queues.into_iter().find(|view| view.name == *queue);
    let view = view.unwrap_or_default();
    // More workers would not help a queue that hands out nothing.
    let paused = all.all.paused_at.is_some() || view.control.paused_at.is_some();
    let (waiting, age) = if paused {
        (0, 0.0)
    } else {
        (view.count(State::Waiting), view.oldest_age_seconds)
    };
    let running = view.count(State::Running);
    Ok(Json(Scale {
        queue: queue.into_inner(),
        waiting,
        running,
        wanted: waiting + running,
        oldest_age_seconds: age,
    }))
}
