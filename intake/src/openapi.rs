//! The OpenAPI description, generated from the endpoints themselves, and a page to browse it.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::error::Problem;
use crate::{health, jobs, masters, targets, telemetry, tracks};

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
        targets::list_targets,
        masters::create::create_master,
        masters::list::list_masters,
        masters::show::show_master,
        masters::audio::master_audio,
        jobs::list::list_jobs,
        jobs::show::show_job,
        jobs::events::job_events,
        jobs::cancel::cancel_job,
        health::healthz,
        health::readyz,
        telemetry::metrics,
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "tracks", description = "Sound that an artist handed in."),
        (name = "masters", description = "Tracks made ready for release."),
        (name = "jobs", description = "What the platform does, and how far it is."),
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
