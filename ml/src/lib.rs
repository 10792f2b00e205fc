//! Models an artist can trust: how they are trained, the files they are kept in, and how those
//! files are run.
//!
//! No database, no network, no async: data comes in as slices and readers, and models go out as
//! bytes. Whatever is random takes a seed, and the same data and seed give the same bytes.

pub mod analytics;
pub mod churn;
pub mod control;
pub mod detect;
pub mod error;
pub mod forecast;
pub mod onnx;
pub mod random;
pub mod registry;
pub mod runtime;
pub mod table;
pub mod trees;
pub mod upkeep;

pub use control::{Control, Unwatched};
pub use error::{MlError, Result};
pub use random::Random;
