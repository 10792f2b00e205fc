//! Files of metrics: rows out of bytes that anyone may have sent. Memory is bounded whatever is in
//! them, a bad row costs that row only, and nothing panics.

mod csv;
mod fault;
mod json;
mod lines;
mod records;
mod source;

pub use fault::FileFault;
pub use records::{Record, Records};

/// The longest row that is read, bytes.
const LONGEST_ROW: usize = 4096;
