//! Masters: tracks made ready for release by a `master_track` job.

pub mod accept;
pub mod audio;
pub mod choice;
pub mod create;
pub mod files;
pub mod list;
pub mod report;
pub mod request;
pub mod show;
pub mod view;
pub(crate) mod wish;
