//! Insight: what is known of an artist's audience, what is computed from it, and models that learn
//! from an artist's own data.

mod asked;
mod champion;
mod daily;
pub mod desk;
mod erase;
pub mod file;
pub mod import_metrics;
mod judge;
mod learning;
mod limits;
mod made;
mod measured;
mod policy;
mod promotion;
pub mod refresh_analytics;
pub mod refresh_stale_analytics;
mod serving;
mod states;
pub mod train_churn_model;
pub mod train_forecaster;
mod training;
pub mod upkeep;
mod watch;
