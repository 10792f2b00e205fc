//! Upkeep of forecasters: a row is a week of a series that came after the trainings, and its truth is in the
//! artist's metrics.

mod found;
mod lately;
mod tried;

pub use found::found;
pub use tried::tried;
