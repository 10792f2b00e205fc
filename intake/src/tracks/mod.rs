//! Tracks: sound that an artist handed in.

pub mod accept;
pub mod audio;
pub mod isrc;
pub mod list;
pub(crate) mod receive;
pub mod show;
pub mod upload;
pub mod view;
