//! `/metrics`: Prometheus text.

use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use queue::{ALL_QUEUES, State};

use crate::app::App;
use crate::error::Problem;

/// The states that the queue counts: those in which a job is, or was given up.
const COUNTED: [State; 6] = [
    State::Waiting,
    State::Scheduled,
    State::Retrying,
    State::Running,
    State::Blocked,
    State::Dead,
];

/// Counters, gauges and histograms as Prometheus text.
///
/// Names no artist and no file; keep it behind the proxy all the same.
#[utoipa::path(
    tag = "platform",
    responses((status = 200, description = "Prometheus text format 0.0.4.", content_type = "text/plain", body = String)),
    security(),
)]
#[get("/metrics")]
pub async fn metrics(app: Data<App>) -> Result<HttpResponse, Problem> {
    let depths = app.queue.depths().await?;
    let controls = app.queue.controls().await?;
    let paused = |queue: &str| {
        let said = [ALL_QUEUES, queue].map(|name| controls.get(name));
        said.into_iter()
            .flatten()
            .any(|control| control.paused_at.is_some())
    };
    for queue in jobs::QUEUES {
        let gauge = ::metrics::gauge!("queue_paused", "queue" => *queue);
        gauge.set(if paused(queue) { 1.0 } else { 0.0 });
    }
    let each = jobs::QUEUES
        .iter()
        .flat_map(|queue| COUNTED.map(|state| (*queue, state)));
    for (queue, state) in each {
        // A queue that has run empty must say so: a gauge keeps what it was set to last.
        let depth = depths
            .iter()
            .find(|depth| depth.queue == queue && depth.state == state);
        let (count, age) =
            depth.map_or((0, Duration::ZERO), |depth| (depth.count, depth.oldest_age));
        let labels = [("queue", queue), ("state", state.as_str())];
        ::metrics::gauge!("queue_jobs", &labels).set(count as f64);
        ::metrics::gauge!("queue_oldest_age_seconds", &labels).set(age.as_secs_f64());
    }
    app.metrics.run_upkeep();
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(app.metrics.render()))
}
