//! Forecasts of equally spaced series: methods for one series by itself, one model for many, and
//! how good they are.

pub mod auto;
pub mod global;
mod interval;
pub mod methods;
pub mod metrics;
mod series;

pub use interval::with_bounds;
pub use series::{Forecast, Lines, Series, write_line};
