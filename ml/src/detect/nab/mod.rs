//! The Numenta Anomaly Benchmark: its corpus on disk, its score, and a table of results.
//!
//! Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms – the Numenta Anomaly
//! Benchmark, ICMLA 2015; the details as the benchmark's own program has them.

mod corpus;
mod report;
mod score;

pub use corpus::{Corpus, Labelled};
pub use report::{PUBLISHED, Published, Report, evaluate};
pub use score::{Curve, LOW_FN, LOW_FP, Profile, STANDARD, Window};
