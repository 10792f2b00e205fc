//! Analytics: what an artist's metrics say, answered at once from what a `refresh_analytics` job has
//! computed last, and models that learn from an artist's own data. Nothing is computed here.

pub mod datasets;
pub mod models;
mod observed;
pub mod predict_churn;
pub mod predict_metric;
pub mod stored;
pub mod upkeep;
pub mod view;
