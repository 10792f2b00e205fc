//! `/metrics`: Prometheus text.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use crate::app::App;
use crate::error::Problem;

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
    for depth in app.queue.depths().await? {
        let labels = [("queue", depth.queue), ("state", depth.state.as_str().to_owned())];
        metrics::gauge!("queue_jobs", &labels).set(depth.count as f64);
        metrics::gauge!("queue_oldest_age_seconds", &labels).set(depth.oldest_age.as_secs_f64());
    }
    app.metrics.run_upkeep();
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(app.metrics.render()))
}
