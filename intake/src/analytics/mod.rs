//! Analytics: what an artist's metrics say, answered at once from what a `refresh_analytics` job has
//! computed last. Nothing is computed here.

pub mod predict_metric;
pub mod stored;
pub mod view;
