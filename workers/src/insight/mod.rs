//! Insight: models that learn from an artist's own data, and what they answer.

mod asked;
pub mod desk;
mod erase;
mod judge;
mod learning;
mod limits;
mod promotion;
mod serving;
pub mod train_churn_model;
