//! How a body ends other than well, and how the errors of the parts it uses become that: one
//! place decides what is tried again and what is not.

use audio::AudioError;
use db::DbError;
use ml::MlError;
use queue::{Fault, Outcome, QueueError};
use storage::StorageError;

use crate::insight::file::FileFault;

/// An end that is not a result. `?` makes one of every error that a body meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending(Outcome);

impl Ending {
    /// The body's own thread panicked or was dropped.
    pub(crate) fn died(error: tokio::task::JoinError) -> Self {
        Fault::transient("body_died", error).into()
    }

    /// Whether no other attempt can end better.
    pub(crate) fn is_for_good(&self) -> bool {
        matches!(self.0, Outcome::Dead(_))
    }

    /// The body stopped because it was asked to.
    pub(crate) fn cancelled(why: impl Into<String>) -> Self {
        Self(Outcome::Cancelled(why.into()))
    }
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        ending.0
    }
}

impl From<Fault> for Ending {
    fn from(fault: Fault) -> Self {
        Self(fault.into())
    }
}

impl From<DbError> for Ending {
    fn from(error: DbError) -> Self {
        Fault::from(error).into()
    }
}

impl From<QueueError> for Ending {
    fn from(error: QueueError) -> Self {
        Fault::from(error).into()
    }
}

impl From<StorageError> for Ending {
    fn from(error: StorageError) -> Self {
        let (code, permanent) = match &error {
            // What the rows name must be there: if it isn't, waiting won't bring it back.
            StorageError::NotFound { .. } | StorageError::BadKey { .. } => (error.code(), true),
            _ => (error.code(), false),
        };
        if permanent {
            Fault::permanent(code, error).into()
        } else {
            Fault::transient(code, error).into()
        }
    }
}

impl From<std::io::Error> for Ending {
    fn from(error: std::io::Error) -> Self {
        StorageError::from(error).into()
    }
}

impl From<FileFault> for Ending {
    fn from(error: FileFault) -> Self {
        if error.is_transient() {
            Fault::transient(error.code(), error).into()
        } else {
            Fault::permanent(error.code(), error).into()
        }
    }
}

impl From<AudioError> for Ending {
    fn from(error: AudioError) -> Self {
        match error {
            AudioError::Cancelled => Self::cancelled("stopped while it ran"),
            AudioError::Io(error) => error.into(),
            error if error.is_input_fault() => Fault::permanent(error.code(), error).into(),
            error => Fault::transient(error.code(), error).into(),
        }
    }
}

impl From<MlError> for Ending {
    fn from(error: MlError) -> Self {
        match error {
            MlError::Cancelled => Self::cancelled("stopped while it ran"),
            MlError::Io(error) => error.into(),
            error @ (MlError::Runtime(_) | MlError::Run(_)) => {
                Fault::transient(error.code(), error).into()
            }
            // The same data and settings end the same way.
            error => Fault::permanent(error.code(), error).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_dead_at_once_with_the_code_of_what_broke() {
        let ending = Ending::from(AudioError::Corrupt("header".into()));
        let Outcome::Dead(fault) = Outcome::from(ending) else {
            panic!("not dead")
        };
        assert_eq!(fault.code, "corrupt");
    }

    #[test]
    fn a_full_disk_is_tried_again() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let outcome = Outcome::from(Ending::from(AudioError::Io(full)));
        let Outcome::Retry(fault) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(fault.code, "storage_full");
    }
}
