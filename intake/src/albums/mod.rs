//! Albums: tracks that are mastered together by a `master_album` job.

pub mod accept;
pub mod create;
pub mod files;
pub mod list;
pub mod report;
pub mod request;
pub mod show;
pub mod view;
