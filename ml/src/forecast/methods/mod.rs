//! Forecasting methods for one series by itself.

mod combined;
pub mod ets;
pub mod intermittent;
pub mod naive;
pub mod seasonal;
mod simplex;
pub mod theta;

pub use combined::{Method, paths};
