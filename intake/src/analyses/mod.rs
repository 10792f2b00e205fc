//! Analyses: what is found in tracks, by an `analyze_track` job.

pub mod accept;
pub mod create;
pub mod files;
pub mod list;
pub mod show;
pub mod view;
