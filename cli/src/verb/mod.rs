//! The verbs, one file each.

pub mod acts;
pub mod album;
pub mod analyze;
pub mod artists;
pub mod bench;
pub mod check_config;
pub mod detect;
pub mod effects;
pub mod eval;
pub mod flows;
pub mod forecast;
pub mod intake;
pub mod jobs;
pub mod limits;
pub mod master;
pub mod measure;
pub mod migrate;
pub mod operators;
pub mod queues;
pub mod schedules;
pub mod score_churn;
pub mod train_churn;
pub mod train_forecast;
pub mod up;
pub mod worker;
pub mod workers;
