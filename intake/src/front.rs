//! The one web page, served from the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{Path, ServiceConfig};
use actix_web::{HttpResponse, get};

use crate::error::Problem;

/// Nothing from outside, nothing inline: a file name or a report can never become a script.
const POLICY: &str = "default-src 'self'; media-src 'self' blob:; img-src 'self' blob: data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../page/", $name)),
        }
    };
}

macro_rules! script {
    ($name:literal) => {
        asset!($name, "text/javascript; charset=utf-8")
    };
}

const PAGE: Asset = asset!("index.html", "text/html; charset=utf-8");
const ASSETS: &[Asset] = &[
    asset!("style.css", "text/css; charset=utf-8"),
    asset!("favicon.svg", "image/svg+xml"),
    script!("api.js"),
    script!("app.js"),
    script!("composer.js"),
    script!("decks.js"),
    script!("elements.js"),
    script!("events.js"),
    script!("format.js"),
    script!("history.js"),
    script!("listen.js"),
    script!("master.js"),
    script!("player.js"),
    script!("plots.js"),
    script!("report.js"),
    script!("sidework.js"),
    script!("slot.js"),
    script!("targets.js"),
    script!("tracks.js"),
];

/// Adds the page's routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(index).service(page_file);
}

#[get("/")]
async fn index() -> HttpResponse {
    send(&PAGE)
}

#[get("/assets/{name}")]
async fn page_file(name: Path<String>) -> Result<HttpResponse, Problem> {
    ASSETS
        .iter()
        .find(|asset| asset.name == *name)
        .map(send)
        .ok_or_else(|| Problem::not_found("file"))
}

fn send(asset: &Asset) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(asset.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(asset.bytes)
}
