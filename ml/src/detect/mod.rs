//! Anomalies in a metric, found as its points arrive: how surprising each point is, and what was
//! expected instead.
//!
//! Three channels look at every point: its distance from the running level (`level`), the
//! distance of the latest stretch from all stretches (`shape`) seen before, and its distance from
//! the same time of earlier seasons (`season`). Each distance is turned into a surprise, in
//! nats, by its rank among this series' own earlier distances, with an exponential tail beyond
//! them (`tail`); so the scale of the metric never matters. The surprise of a point is the mean
//! plus the highest of the three. While an alarm is fresh only a stronger one is told of
//! (`quiet`). Nothing ever looks ahead: a score depends on the points up to its own.

mod detector;
mod level;
pub mod nab;
mod quiet;
mod ranked;
mod season;
pub mod series;
mod shape;
mod tail;
#[cfg(test)]
mod tests;

pub use detector::{Detector, Verdict};
