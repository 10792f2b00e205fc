//! Job bodies, one file a kind, and the workers that run them.

mod ending;
mod environment;
mod erasing;
mod insight;
mod pool;
mod registry;
pub mod schedules;
mod studio;
mod sweep;

pub use ending::Ending;
pub use environment::Environment;
pub use erasing::{ErasingDesk, Step, unfinished_erasings};
pub use insight::desk::InsightDesk;
pub use pool::{Pool, StartError, start};
pub use registry::Registry;
pub use studio::checked::Checked;
pub use studio::desk::Desk;
pub use studio::finding::{Findings, Input, find};
pub use studio::master_album::AlbumReport;
pub use sweep::orphaned_uploads;
