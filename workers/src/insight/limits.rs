//! How much of the models' work one process does and keeps.

use ml::registry::CacheLimits;

/// Memory for loaded versions. No artist has more than an eighth of it.
pub const CACHE: CacheLimits = CacheLimits {
    bytes: 256 << 20,
    tenant_bytes: 32 << 20,
};
/// Versions that are loaded at a time. Each keeps a core busy, and a thread that waits for its
/// bytes; few enough that the bytes' own threads are never all taken.
pub const LOADS_AT_ONCE: usize = 2;
/// Datasets that are read at a time while their senders wait.
pub const LOOKS_AT_ONCE: usize = 1;
