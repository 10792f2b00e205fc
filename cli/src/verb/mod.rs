//! The verbs, one file each.

pub mod artists;
pub mod bench;
pub mod check_config;
pub mod intake;
pub mod jobs;
pub mod master;
pub mod measure;
pub mod migrate;
pub mod up;
pub mod worker;
