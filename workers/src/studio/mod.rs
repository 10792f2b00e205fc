//! The studio: work on sound.

mod checked;
pub mod master_track;
mod watch;
