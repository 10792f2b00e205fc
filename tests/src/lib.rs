//! What the suites that cross crates stand on.

#![expect(
    clippy::missing_panics_doc,
    reason = "support for tests panics where the test shall fail, and the message says why"
)]

pub mod browser;
pub mod chaos;
pub mod client;
pub mod dice;
pub mod digest;
pub mod events;
pub mod history;
pub mod hostile;
pub mod listeners;
pub mod loudness;
pub mod memory;
pub mod music;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod redis;
pub mod repository;
pub mod service;
pub mod site;
pub mod wall_clock;
pub mod wire;
