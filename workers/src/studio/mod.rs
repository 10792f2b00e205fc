//! The studio: work on sound.

pub mod analyze_track;
pub mod checked;
pub mod desk;
pub mod finding;
mod kept;
pub mod master_track;
mod mastering;
pub mod preview_master;
mod results;
mod settings;
mod sources;
mod watch;
