//! The mastering chain: from a source to a finished file and its report.

pub mod report;
pub mod settings;

pub use report::Report;
pub use settings::{Bits, Format, Settings, Target};
