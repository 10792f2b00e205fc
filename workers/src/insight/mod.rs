//! Insight: what is known of an artist's audience, and what is computed from it.

pub mod file;
pub mod import_metrics;
pub mod refresh_analytics;
