//! The studio: work on sound.

pub mod master_track;
mod watch;
