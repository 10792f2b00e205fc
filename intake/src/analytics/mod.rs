//! Analytics: models that learn from an artist's own data, and what they answer.

pub mod datasets;
pub mod models;
pub mod predict_churn;
