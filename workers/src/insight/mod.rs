//! Insight: what is known of an artist's audience, what is computed from it, and models that learn
//! from an artist's own data.

mod asked;
pub mod desk;
mod erase;
pub mod file;
pub mod import_metrics;
mod judge;
mod learning;
mod limits;
mod policy;
mod promotion;
pub mod refresh_analytics;
mod serving;
pub mod train_churn_model;
pub mod upkeep;
