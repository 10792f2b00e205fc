//! Third-party decoders meet bytes that nobody foresaw; a panic in one of them must not take
//! the process down.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{AudioError, Result};

/// Runs code that calls foreign decoders and turns their panic into [`AudioError::Corrupt`].
///
/// The state behind the closure may be broken afterwards. That is sound here because
/// [`Source`](super::Source) never touches a decoder again after an error.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(AudioError::Corrupt("the decoder gave up on it".to_owned())))
}
