//! Jobs: what the platform does for an artist, seen from outside.

pub mod cancel;
pub mod events;
pub mod list;
pub mod show;
pub mod view;
