//! Upkeep: when a model is looked after, and what the figures say shall become of it.
//!
//! Pure decisions: distributions and what versions [`Said`] of rows come in, a [`Decision`] and the
//! figures behind it go out, and the same seed gives the same answer. [`drift`] tells whether what is
//! asked about still looks like what was learned from; [`error`](live_error) whether answers have become
//! worse; [`compare`] holds two versions against each other on the same rows; [`watch`], [`judge`] and
//! [`review`] decide by a [`Policy`]. What a model is for is known to [`Said`] (a row's loss) and to
//! [`Sample`] (what rows have in common) alone.

mod calibrated;
mod chance;
mod compare;
mod decide;
mod drift;
#[cfg(test)]
mod drift_tests;
mod policy;
mod said;
mod sample;
mod simulation;
#[cfg(test)]
mod tests;

pub use calibrated::{LIKELY, log_losses};
pub use compare::{Compared, Difference, compare, mean_within};
pub use decide::{
    Because, Challenge, Decision, Facts, Judgement, LiveError, Review, due, judge, live_error,
    review, watch,
};
pub use drift::{Column, ColumnDrift, Drift, Values, drift};
pub use policy::Policy;
pub use said::{Intervals, Probabilities, Said};
pub use sample::{Counted, LEAST_OF_CLASS, LEAST_SERIES, LEAST_WEEKS, Sample};
pub use simulation::{Rates, Rule, simulate};
