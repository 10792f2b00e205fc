//! Upkeep: when a model is looked after, and what the figures say shall become of it.
//!
//! Pure decisions: distributions, probabilities and truths come in, a [`Decision`] and the figures
//! behind it go out, and the same seed gives the same answer. [`drift`] tells whether what is asked
//! about still looks like what was learned from; [`error`](live_error) whether answers have become worse;
//! [`compare`] holds two versions against each other on the same rows; [`watch`], [`judge`] and
//! [`review`] decide by a [`Policy`]. Nothing here knows what a model is for but [`log_losses`]: a
//! forecaster's rows have losses of their own.

mod calibrated;
mod chance;
mod compare;
mod decide;
mod drift;
mod policy;
mod simulation;
#[cfg(test)]
mod tests;

pub use calibrated::{LIKELY, log_losses};
pub use compare::{Compared, Difference, compare, difference};
pub use decide::{
    Because, Challenge, Decision, Facts, Judgement, LiveError, Review, due, judge, live_error,
    review, watch,
};
pub use drift::{Column, ColumnDrift, Drift, Values, drift};
pub use policy::Policy;
pub use simulation::{Rates, Rule, simulate};
