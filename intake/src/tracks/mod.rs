//! Tracks: sound that an artist handed in.

pub mod accept;
pub mod audio;
pub mod list;
mod receive;
pub mod show;
pub mod upload;
pub mod view;
