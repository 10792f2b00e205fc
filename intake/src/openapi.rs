//! The OpenAPI description, generated from the endpoints themselves, and a page to browse it.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::error::Problem;
use crate::{
    admin, albums, analyses, analytics, health, jobs, masters, metrics, presets, previews, targets,
    telemetry, tracks,
};

/// The whole description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Max Booster",
        description = "The job platform for music artists. Every refusal is a problem document \
                       (RFC 9457) with a stable `code`; lists are newest first with cursors; long \
                       work is accepted with 202 and followed as a job.",
    ),
    paths(
        tracks::upload::upload_track,
        tracks::list::list_tracks,
        tracks::show::show_track,
        tracks::audio::track_audio,
        tracks::isrc::put_isrc,
        targets::list_targets,
        presets::list_presets,
        masters::create::create_master,
        masters::list::list_masters,
        masters::show::show_master,
        masters::audio::master_audio,
        masters::files::master_file,
        masters::report::master_report,
        previews::create::create_preview,
        previews::list::list_previews,
        previews::show::show_preview,
        previews::audio::preview_audio,
        previews::files::preview_file,
        albums::create::create_album,
        albums::list::list_albums,
        albums::show::show_album,
        albums::files::album_file,
        albums::report::album_track_report,
        albums::report::album_track_page,
        analyses::create::create_analysis,
        analyses::list::list_analyses,
        analyses::show::show_analysis,
        analyses::files::analysis_file,
        analytics::datasets::create::create_dataset,
        analytics::datasets::list::list_datasets,
        analytics::datasets::show::show_dataset,
        analytics::models::train::train_model,
        analytics::models::list::list_models,
        analytics::models::erase::erase_models,
        analytics::models::show::show_model,
        analytics::models::promote::promote_model,
        analytics::models::rollback::rollback_model,
        analytics::upkeep::put::put_upkeep,
        analytics::upkeep::show::show_upkeep,
        analytics::upkeep::remove::remove_upkeep,
        analytics::upkeep::checks::list_checks,
        analytics::upkeep::outcomes::put_outcomes,
        analytics::predict_churn::predict_churn,
        analytics::predict_metric::predict_metric,
        analytics::stored::forecast_revenue,
        analytics::stored::detect_anomalies,
        analytics::stored::milestones,
        analytics::stored::career_growth,
        analytics::stored::insights,
        analytics::stored::release_strategy,
        analytics::stored::fanbase,
        analytics::stored::music_insights,
        metrics::import::import_metrics,
        metrics::imports::list_metric_imports,
        metrics::imports::show_metric_import,
        metrics::list::list_metrics,
        metrics::put::put_metrics,
        metrics::erase::erase_metrics,
        jobs::list::list_jobs,
        jobs::show::show_job,
        jobs::events::job_events,
        jobs::cancel::cancel_job,
        admin::jobs::admin_list_jobs,
        admin::redrive::admin_redrive_jobs,
        admin::jobs::admin_job_story,
        admin::job_acts::admin_cancel_job,
        admin::job_acts::admin_retry_job,
        admin::effects::admin_resolve_effect,
        admin::effects::admin_list_effects,
        admin::queues::admin_list_queues,
        admin::queues::admin_show_queue,
        admin::scale::admin_scale,
        admin::controls::admin_pause_queue,
        admin::controls::admin_resume_queue,
        admin::controls::admin_drain_queue,
        admin::controls::admin_limit_queue,
        admin::limits::admin_list_limits,
        admin::limits::admin_put_limit,
        admin::limits::admin_delete_limit,
        admin::schedules::admin_list_schedules,
        admin::schedules::admin_show_schedule,
        admin::schedules::admin_upcoming,
        admin::schedule_acts::admin_pause_schedule,
        admin::schedule_acts::admin_resume_schedule,
        admin::schedule_acts::admin_trigger_schedule,
        admin::schedule_acts::admin_delete_schedule,
        admin::flows::admin_show_flow,
        admin::flows::admin_cancel_flow,
        admin::workers::admin_list_workers,
        admin::artists::admin_show_artist,
        admin::artists::admin_erase_artist,
        admin::acts::admin_list_acts,
        health::healthz,
        health::readyz,
        telemetry::metrics,
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "tracks", description = "Sound that an artist handed in."),
        (name = "masters", description = "Tracks made ready for release, alone or together, and previews of that."),
        (name = "analyses", description = "What is found in tracks."),
        (name = "analytics", description = "What the artist's metrics say, with evidence and uncertainty, and models that learn from the artist's own data."),
        (name = "metrics", description = "Daily figures of the artist's audience and income."),
        (name = "jobs", description = "What the platform does, and how far it is."),
        (name = "admin", description = "For operators, with tokens of their own. Engine things are told in the engine's words; every act is recorded with the operator's name."),
        (name = "platform", description = "For those who run it."),
    ),
)]
pub struct Api;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that was shown once: `mb_…`."))
            .build();
        api.components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}
