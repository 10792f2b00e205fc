//! Metrics: one value a day of a metric at a source, of one track or of the artist as a whole;
//! handed in as files, which an `import_metrics` job reads, or a few at a time.

pub mod accept;
pub mod cursor;
pub mod erase;
pub mod import;
pub mod imports;
pub mod list;
pub mod put;
pub mod view;
