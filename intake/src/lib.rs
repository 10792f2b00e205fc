//! The HTTP surface, thin: it authenticates, validates, stores uploads as they stream in, and in
//! one transaction writes the domain row and the job that will act on it.

mod admin;
mod app;
mod auth;
mod body;
mod error;
mod front;
mod health;
mod idempotency;
mod jobs;
mod masters;
mod openapi;
mod page;
mod ranges;
mod request_id;
mod server;
mod targets;
mod telemetry;
mod tracks;

pub use app::App;
pub use error::Problem;
pub use idempotency::Key as IdempotencyKey;
pub use masters::accept::accept_master;
pub use masters::request::{Bits, CustomTarget, Format, MasterRequest, Target};
pub use masters::view::Master;
pub use server::Server;
pub use tracks::accept::accept_track;
pub use tracks::view::Track;
