//! What the suites that cross crates stand on.

pub mod browser;
pub mod client;
pub mod digest;
pub mod events;
pub mod hostile;
pub mod loudness;
pub mod memory;
pub mod music;
pub mod postgres;
pub mod program;
pub mod redis;
pub mod repository;
pub mod service;
pub mod site;
pub mod wire;
