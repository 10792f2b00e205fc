//! Previews: the loudest part of a master, to hear soon what it would be like. In everything but
//! their purpose they are masters, made by a `preview_master` job.

pub mod audio;
pub mod create;
pub mod files;
pub mod list;
pub mod request;
pub mod show;
