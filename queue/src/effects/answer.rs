//! What the other side's answers mean.

use crate::Fault;

/// How a call failed: what matters is whether it may have happened all the same. A bare [`Fault`]
/// becomes the careful one, [`CallError::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// It certainly did not happen: it was refused, or never sent. It may be called again.
    NotDone(Fault),
    /// It may have happened: it was sent, and no answer was understood. It is not called again
    /// before it is known.
    Unknown(Fault),
}

impl CallError {
    /// It certainly did not happen. For `map_err`.
    pub fn not_done(fault: impl Into<Fault>) -> Self {
        Self::NotDone(fault.into())
    }

    /// It may have happened. For `map_err`.
    pub fn unknown(fault: impl Into<Fault>) -> Self {
        Self::Unknown(fault.into())
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        Self::Unknown(fault)
    }
}

/// What the other side knows of a call that was begun and not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled<T> {
    /// It happened; this is its outcome.
    Happened(T),
    /// It did not happen and will not: it may be called again. Say so only when a request still
    /// on its way would be recognised by its token, or is impossible by now.
    NotHappened,
    /// It can't be found out; a person must.
    Unknown,
}
