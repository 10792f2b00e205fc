//! Churn: how likely each listener, subscriber or customer is to leave, and why.
//!
//! A [`Schema`] is learned from a table; [`Training`] grows [trees](crate::trees) on it, chooses
//! their depth and number by inner cross-validation, and calibrates the probabilities on rows that
//! the trees were not grown on; the [`Model`] answers with probabilities and exact reasons, and is
//! kept as plain ONNX ([`export`], [`import`]).

mod actions;
mod calibration;
mod eval;
mod file;
mod grounds;
mod metrics;
mod model;
mod schema;
#[cfg(test)]
mod tests;
mod training;

pub use actions::Action;
pub use calibration::Calibration;
pub use eval::{Outcome, PEERS, Peer, TRACKS, Track, evaluate};
pub use file::{INPUT, OUTPUT, export, import};
pub use grounds::{ColumnSeen, Grounds, LEVEL, Region, Seen};
pub use metrics::Metrics;
pub use model::{Model, Reason};
pub use schema::{Choice, Dropped, Feature, Kind, Schema, Target, truths};
pub use training::{Plan, Report, Training};
