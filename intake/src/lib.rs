//! The HTTP surface, thin: it authenticates, validates, stores uploads as they stream in, and in
//! one transaction writes the domain row and the job that will act on it.

mod admin;
mod admission;
mod albums;
mod analyses;
mod analytics;
mod app;
mod auth;
mod body;
mod error;
mod files;
mod front;
mod health;
mod idempotency;
mod jobs;
mod masters;
mod metrics;
mod openapi;
mod page;
mod presets;
mod previews;
mod ranges;
mod refusals;
mod request_id;
mod server;
mod stored;
mod targets;
mod telemetry;
mod tracks;

pub use albums::accept::accept_album;
pub use albums::request::AlbumRequest;
pub use albums::view::Album;
pub use app::{App, Desks};
pub use error::Problem;
pub use idempotency::Key as IdempotencyKey;
pub use masters::accept::accept_master;
pub use masters::choice::{
    Amounts, Bits, CustomTarget, Dither, Format, Output, Target, Tone, WeightedReference,
};
pub use masters::request::MasterRequest;
pub use masters::view::Master;
pub use server::Server;
pub use tracks::accept::accept_track;
pub use tracks::view::Track;
