//! What can go wrong with a database, in the few kinds that callers treat differently.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// Which promise of the schema a statement would have broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// Another row has these values already.
    Unique,
    /// A row that this one names does not exist, or is still named by another.
    ForeignKey,
    /// A value that must be present is absent.
    NotNull,
    /// A CHECK or exclusion constraint.
    Check,
}

/// A database error. Messages never contain an address or a password.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DbError {
    /// The address is malformed or names no known store.
    #[error("the database address is not usable: {message}")]
    Address {
        /// What is wrong with it.
        message: String,
    },
    /// The address asks for something this program does not do.
    #[error("not supported: {message}")]
    Unsupported {
        /// What, and what to do instead.
        message: String,
    },
    /// The database cannot be reached, or the connection was lost.
    #[error("the database is unavailable: {message}")]
    Unavailable {
        /// The driver's words.
        message: String,
    },
    /// The database works but another transaction, or every connection, was in the way.
    #[error("the database is busy: {message}")]
    Busy {
        /// What was waited for.
        message: String,
    },
    /// The disk under the database is full.
    #[error("the database's disk is full: {message}")]
    Full {
        /// The driver's words.
        message: String,
    },
    /// A statement would have broken the schema's promise `name`.
    #[error("constraint {name} refused the change")]
    Constraint {
        /// Which sort of promise.
        kind: ConstraintKind,
        /// PostgreSQL: the constraint's name. SQLite: `table.column[, table.column]` or the
        /// name of the index or check.
        name: String,
    },
    /// A query that must find a row found none.
    #[error("no such row")]
    NotFound,
    /// A stored value cannot be read as its type.
    #[error("a stored value cannot be read: {message}")]
    Decode {
        /// What could not be read.
        message: String,
    },
    /// A migration failed or the schema is newer than this program.
    #[error("migration: {message}")]
    Migration {
        /// Which and why.
        message: String,
    },
    /// Any other refusal of a statement.
    #[error("query: {message}")]
    Query {
        /// The database's words.
        message: String,
    },
}

impl DbError {
    /// The stable name of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "database_address",
            Self::Unsupported { .. } => "database_unsupported",
            Self::Unavailable { .. } => "database_unavailable",
            Self::Busy { .. } => "database_busy",
            Self::Full { .. } => "database_full",
            Self::Constraint { .. } => "constraint",
            Self::NotFound => "not_found",
            Self::Decode { .. } => "database_decode",
            Self::Migration { .. } => "database_migration",
            Self::Query { .. } => "database_query",
        }
    }

    /// Whether the same call may succeed a little later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Busy { .. } | Self::Full { .. }
        )
    }

    /// Whether this is a unique constraint whose name contains `name`.
    pub fn is_unique(&self, name: &str) -> bool {
        matches!(self, Self::Constraint { kind: ConstraintKind::Unique, name: found } if found.contains(name))
    }

    /// Whether a row that this one names does not exist, or is still named by another.
    pub fn is_foreign_key(&self) -> bool {
        matches!(
            self,
            Self::Constraint {
                kind: ConstraintKind::ForeignKey,
                ..
            }
        )
    }
}

impl From<QueryError> for DbError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NotFound => Self::NotFound,
            QueryError::DatabaseError(kind, info) => {
                from_database(kind, info.constraint_name(), info.message())
            }
            QueryError::DeserializationError(error) | QueryError::SerializationError(error) => {
                Self::Decode {
                    message: error.to_string(),
                }
            }
            QueryError::BrokenTransactionManager => Self::Unavailable {
                message: "the connection was lost inside a transaction".into(),
            },
            other => Self::Query {
                message: other.to_string(),
            },
        }
    }
}

impl From<diesel::ConnectionError> for DbError {
    fn from(error: diesel::ConnectionError) -> Self {
        match error {
            diesel::ConnectionError::CouldntSetupConfiguration(error) => error.into(),
            other => Self::Unavailable {
                message: other.to_string(),
            },
        }
    }
}

fn from_database(kind: DatabaseErrorKind, constraint: Option<&str>, message: &str) -> DbError {
    let constraint_kind = match kind {
        DatabaseErrorKind::UniqueViolation => ConstraintKind::Unique,
        DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::RestrictViolation => {
            ConstraintKind::ForeignKey
        }
        DatabaseErrorKind::NotNullViolation => ConstraintKind::NotNull,
        DatabaseErrorKind::CheckViolation | DatabaseErrorKind::ExclusionViolation => {
            ConstraintKind::Check
        }
        other => return from_message(other, message),
    };
    DbError::Constraint {
        kind: constraint_kind,
        name: constraint.map_or_else(|| constraint_in(message), str::to_owned),
    }
}

/// SQLite says `UNIQUE constraint failed: table.column`, or `…: index 'name'`.
fn constraint_in(message: &str) -> String {
    let name = message
        .split_once("failed: ")
        .map_or(message, |(_, name)| name);
    let name = name.strip_prefix("index ").unwrap_or(name);
    name.trim_matches('\'').to_owned()
}

fn from_message(kind: DatabaseErrorKind, message: &str) -> DbError {
    // diesel keeps no SQLSTATE and no SQLite code for these, so their fixed words are matched.
    const BUSY: [&str; 5] = [
        "database is locked",
        "database table is locked",
        "deadlock detected",
        "canceling statement due to lock timeout",
        "could not serialize access",
    ];
    const GONE: [&str; 7] = [
        "terminating connection",
        "connection closed",
        "the database system is",
        "too many clients",
        "remaining connection slots",
        "disk I/O error",
        "server closed the connection",
    ];
    let message = message.to_owned();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if matches!(kind, DatabaseErrorKind::SerializationFailure) || has(&BUSY) {
        DbError::Busy { message }
    } else if has(&["disk is full", "No space left on device"]) {
        DbError::Full { message }
    } else if matches!(
        kind,
        DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection
    ) || has(&GONE)
    {
        DbError::Unavailable { message }
    } else {
        DbError::Query { message }
    }
}
