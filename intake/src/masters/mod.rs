//! Masters: tracks made ready for release by a `master_track` job.

pub mod accept;
pub mod audio;
pub mod create;
pub mod list;
pub mod request;
pub mod show;
pub mod view;
