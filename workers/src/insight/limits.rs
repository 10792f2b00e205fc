//! How much of the models' work one process does at a time.

/// Versions that are loaded at a time. Each keeps a core busy, and a thread that waits for its
/// bytes; few enough that the bytes' own threads are never all taken.
pub const LOADS_AT_ONCE: usize = 2;
/// Datasets that are read at a time while their senders wait.
pub const LOOKS_AT_ONCE: usize = 1;
