//! A forecaster of one artist's own: learnt from all of their daily series, first without the end of
//! each, which says how good it is, then with it.

mod learn;
mod lesson;
#[cfg(test)]
mod tests;
mod trial;

pub use learn::{Keep, Learnt, Part, learn};
pub use lesson::{FEWEST_DAYS, FEWEST_SERIES};
pub use trial::{OWA, OWA_OF_STATISTICAL};
