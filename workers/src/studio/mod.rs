//! The studio: work on sound.

pub mod analyze_track;
pub mod checked;
pub mod desk;
pub mod finding;
mod kept;
mod making;
pub mod master_album;
pub mod master_track;
mod mastering;
pub mod preview_master;
mod results;
pub(crate) mod rows;
mod settings;
mod sources;
mod watch;
