//! Forecasts of equally spaced series: methods for one series by itself, one model for many, and
//! how good they are.

pub mod auto;
mod blend;
pub mod eval;
mod forecaster;
pub mod global;
mod interval;
pub mod methods;
pub mod metrics;
mod series;

pub use forecaster::Forecaster;
pub use interval::with_bounds;
pub use series::{Forecast, Lines, Series, read_all, write_line};
