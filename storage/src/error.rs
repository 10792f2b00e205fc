//! The one error of object storage.

use std::io;

use crate::key::Key;

/// Why bytes could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A name that no object may have.
    #[error("{given:?} is no object name: {rule}")]
    BadKey {
        /// The name as it was given, cut to a printable length.
        given: String,
        /// What holds for a right name.
        rule: &'static str,
    },
    /// Options that can't be used.
    #[error("object storage can't be opened: {rule}")]
    BadOptions {
        /// What holds for right options.
        rule: String,
    },
    /// No object has this name.
    #[error("no object is named {key}")]
    NotFound {
        /// The name.
        key: String,
    },
    /// More bytes than the limit allows.
    #[error("more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// A range that does not lie in the object.
    #[error("the range {start}..{end} does not lie in an object of {size_bytes} bytes")]
    BadRange {
        /// First byte asked for.
        start: u64,
        /// The byte after the last one asked for.
        end: u64,
        /// The object's size.
        size_bytes: u64,
    },
    /// The disk is full, or a quota is used up.
    #[error("no space is left: {0}")]
    Full(#[source] io::Error),
    /// The local disk failed.
    #[error("the disk failed: {0}")]
    Disk(#[source] io::Error),
    /// The object server failed or can't be reached.
    #[error("the object server failed: {0}")]
    Server(#[source] object_store::Error),
}

impl StorageError {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadKey { .. } => "object_name_invalid",
            Self::BadOptions { .. } => "storage_options_invalid",
            Self::NotFound { .. } => "object_not_found",
            Self::TooLarge { .. } => "too_large",
            Self::BadRange { .. } => "range_not_satisfiable",
            Self::Full(_) => "storage_full",
            Self::Disk(_) => "storage_failed",
            Self::Server(_) => "storage_unavailable",
        }
    }
}

impl StorageError {
    /// What the store says of an object. Its own name for it has the folder or the prefix in
    /// front.
    pub(crate) fn of_object(key: &Key, error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::not_found(key),
            error => error.into(),
        }
    }

    /// What the disk says of an object's file.
    pub(crate) fn of_file(key: &Key, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::not_found(key),
            _ => error.into(),
        }
    }

    fn not_found(key: &Key) -> Self {
        Self::NotFound {
            key: key.to_string(),
        }
    }
}

impl From<io::Error> for StorageError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(error),
            _ => Self::Disk(error),
        }
    }
}

impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::NotFound { key: path },
            error => Self::Server(error),
        }
    }
}

impl From<tokio::task::JoinError> for StorageError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Disk(io::Error::other(error))
    }
}
