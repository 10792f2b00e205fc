//! The HTTP server: routes, limits and an orderly stop.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer, get};
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;
use crate::error::Problem;
use crate::openapi::Api;
use crate::request_id::request_id;
use crate::{
    admin, albums, analyses, analytics, front, health, jobs, masters, metrics, presets, previews,
    targets, telemetry, tracks,
};

/// Largest body of anything but an upload.
const MOST_JSON_BYTES: usize = 64 * 1024;
/// How long open requests may still take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    app: App,
}

impl Server {
    /// Takes the address. Port 0 takes any free port; [`Server::address`] tells which.
    pub fn bind(app: App, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self { listener, app })
    }

    /// The address that it listens on.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until `stop` fires, then lets open ones end.
    pub async fn run(self, stop: CancellationToken) -> std::io::Result<()> {
        let app = self.app;
        let stopping = app.stopping.clone();
        let data = Data::new(app);
        let server = HttpServer::new(move || {
            Actix::new()
                .app_data(data.clone())
                .configure(routes)
                .wrap(from_fn(request_id))
        })
        .shutdown_timeout(GRACE.as_secs())
        .disable_signals()
        .listen(self.listener)?
        .run();
        let handle = server.handle();
        let stopper = tokio::spawn(async move {
            stop.cancelled().await;
            stopping.cancel();
            handle.stop(true).await;
        });
        let ended = server.await;
        stopper.abort();
        ended
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(MOST_JSON_BYTES))
        .app_data(PathConfig::default().error_handler(|_, _| Problem::not_found("thing").into()))
        .app_data(
            QueryConfig::default().error_handler(|error, _| {
                Problem::bad_request("bad_query", error.to_string()).into()
            }),
        )
        .service(tracks::upload::upload_track)
        .service(tracks::list::list_tracks)
        .service(tracks::show::show_track)
        .service(tracks::audio::track_audio)
        .service(tracks::isrc::put_isrc)
        .service(targets::list_targets)
        .service(presets::list_presets)
        .service(masters::create::create_master)
        .service(masters::list::list_masters)
        .service(masters::show::show_master)
        .service(masters::audio::master_audio)
        .service(masters::files::master_file)
        .service(masters::report::master_report)
        .service(previews::create::create_preview)
        .service(previews::list::list_previews)
        .service(previews::show::show_preview)
        .service(previews::audio::preview_audio)
        .service(previews::files::preview_file)
        .service(albums::create::create_album)
        .service(albums::list::list_albums)
        .service(albums::show::show_album)
        .service(albums::files::album_file)
        .service(albums::report::album_track_report)
        .service(albums::report::album_track_page)
        .service(analyses::create::create_analysis)
        .service(analyses::list::list_analyses)
        .service(analyses::show::show_analysis)
        .service(analyses::files::analysis_file)
        .service(analytics::datasets::create::create_dataset)
        .service(analytics::datasets::list::list_datasets)
        .service(analytics::datasets::show::show_dataset)
        .service(analytics::models::train::train_model)
        .service(analytics::models::list::list_models)
        .service(analytics::models::erase::erase_models)
        .service(analytics::models::show::show_model)
        .service(analytics::models::promote::promote_model)
        .service(analytics::models::rollback::rollback_model)
        .service(analytics::upkeep::put::put_upkeep)
        .service(analytics::upkeep::show::show_upkeep)
        .service(analytics::upkeep::remove::remove_upkeep)
        .service(analytics::upkeep::checks::list_checks)
        .service(analytics::upkeep::outcomes::put_outcomes)
        .service(analytics::predict_churn::predict_churn)
        .service(analytics::predict_metric::predict_metric)
        .service(analytics::stored::forecast_revenue)
        .service(analytics::stored::detect_anomalies)
        .service(analytics::stored::milestones)
        .service(analytics::stored::career_growth)
        .service(analytics::stored::insights)
        .service(analytics::stored::release_strategy)
        .service(analytics::stored::fanbase)
        .service(analytics::stored::music_insights)
        .service(metrics::import::import_metrics)
        .service(metrics::imports::list_metric_imports)
        .service(metrics::imports::show_metric_import)
        .service(metrics::list::list_metrics)
        .service(metrics::put::put_metrics)
        .service(metrics::erase::erase_metrics)
        .service(jobs::list::list_jobs)
        .service(jobs::show::show_job)
        .service(jobs::events::job_events)
        .service(jobs::cancel::cancel_job)
        .configure(admin::routes)
        .service(health::healthz)
        .service(health::readyz)
        .service(telemetry::metrics)
        .configure(front::routes)
        .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", Api::openapi()))
        .service(docs)
        .default_service(web::to(nothing_here));
}

/// Browsers that ask for the folder get its page.
#[get("/docs")]
async fn docs() -> web::Redirect {
    web::Redirect::to("/docs/")
}

async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        format!(
            "There is nothing at {} {}.",
            request.method(),
            request.path()
        ),
    ))
}
