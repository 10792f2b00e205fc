//! Upkeep of churn models: a row is somebody who was asked about under a key, and whose outcome was told.

mod columns;
mod dataset;
mod found;
mod paired;
mod seen;
mod shadow;
mod tried;

pub use dataset::{Rows, put};
pub use found::found;
pub use tried::tried;
