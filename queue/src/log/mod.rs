//! What bodies say of their work: lines for the job's story, bounded and kept under the fence.

mod book;
mod line;
mod write;

pub(crate) use book::Logbook;
pub use line::{LogLevel, LogLine};
pub(crate) use write::write;

/// How many lines a job keeps; the oldest go first.
pub(crate) const KEPT: usize = 500;
