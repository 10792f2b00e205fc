//! One line of a job's log.

use db::Time;
use serde::Serialize;

db::text_enum! {
    /// How much a line matters.
    pub enum LogLevel {
        /// For whoever looks closely.
        Debug = "debug",
        /// What was done.
        Info = "info",
        /// It went on, but not as it should.
        Warn = "warn",
        /// It did not go on.
        Error = "error",
    }
}

/// What a body said, or what was done to its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct LogLine {
    /// The fencing token of the attempt that said it.
    pub fence: i64,
    /// Its place within the attempt, from 1; 0: said between attempts.
    pub seq: i32,
    /// When, by the engine's clock.
    pub at: Time,
    /// How much it matters.
    pub level: LogLevel,
    /// At most 2,000 characters.
    pub message: String,
}
