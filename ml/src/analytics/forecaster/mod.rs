//! A forecaster of one artist's own: learnt from all of their daily series, first without the end of
//! each, which says how good it is, then with it. What came after the training says how good it is
//! since ([`Weeks`]), and whether series look otherwise than then ([`shapes`]).

mod learn;
mod lesson;
mod shapes;
#[cfg(test)]
mod tests;
mod trial;
mod weeks;
#[cfg(test)]
mod weeks_tests;

pub use learn::{Keep, Learnt, Part, learn};
pub use lesson::{FEWEST_DAYS, FEWEST_SERIES, is_enough};
pub use shapes::shapes;
pub use trial::{MASE, MASE_OF_STATISTICAL, OWA, OWA_OF_STATISTICAL};
pub use weeks::Weeks;
