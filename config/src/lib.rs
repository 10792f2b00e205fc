//! Settings of Max Booster: one struct a concern, one complete default file, one way to override.
//!
//! [`Config::load`] lays the layers over each other (the built-in `default.toml`, a file, the
//! environment) and checks every key, type and range. It is pure in its [`Sources`], so tests
//! never touch the process's environment.

mod config;
mod describe;
mod env;
mod error;
mod file;
mod layer;
mod nearest;
mod reference;
mod secret;
mod section;
mod sources;
mod targets;

pub use config::Config;
pub use error::ConfigError;
pub use reference::reference;
pub use secret::Secret;
pub use section::data::Data;
pub use section::database::Database;
pub use section::limits::Limits;
pub use section::log::{Log, LogFormat};
pub use section::ml::{Ml, MlRuntime};
pub use section::queue::Queue;
pub use section::redis::Redis;
pub use section::server::Server;
pub use section::storage::Storage;
pub use section::target_file::TargetFile;
pub use section::workers::{MOST_SLOTS, Workers};
pub use sources::Sources;
pub use targets::{
    DBTP as TARGET_DBTP, DEFAULT_DBTP as TARGET_DEFAULT_DBTP, LUFS as TARGET_LUFS, Target, Targets,
};

/// The complete, commented default file that is built into the program.
pub const DEFAULT_TOML: &str = include_str!("../default.toml");
/// The built-in mastering targets.
pub const TARGETS_TOML: &str = include_str!("../targets.toml");
