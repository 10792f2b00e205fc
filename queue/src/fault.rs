//! A body's failure, with what follows from it.

use std::borrow::Cow;
use std::fmt;

use db::{DbError, Time};

use crate::QueueError;

/// What sort of failure it is, which decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It may go well another time: tried again after the back-off.
    Transient,
    /// The other side asked to wait: tried again then, not before.
    RateLimited {
        /// Not before.
        until: Time,
    },
    /// It fails every time: dead at once.
    Permanent,
    /// The other side no longer accepts our authority: dead at once, until the owner renews it.
    Unauthorised,
}

/// A failure. `?` turns the errors of the engine and the database into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What follows.
    pub class: Class,
    /// A stable name.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
}

impl Fault {
    /// A failure that may pass.
    pub fn transient(code: impl Into<Cow<'static, str>>, message: impl fmt::Display) -> Self {
        Self::of(Class::Transient, code, message)
    }

    /// A failure that will not pass.
    pub fn permanent(code: impl Into<Cow<'static, str>>, message: impl fmt::Display) -> Self {
        Self::of(Class::Permanent, code, message)
    }

    /// A failure for want of authority.
    pub fn unauthorised(code: impl Into<Cow<'static, str>>, message: impl fmt::Display) -> Self {
        Self::of(Class::Unauthorised, code, message)
    }

    /// A failure that passes at `until`.
    pub fn rate_limited(
        until: Time,
        code: impl Into<Cow<'static, str>>,
        message: impl fmt::Display,
    ) -> Self {
        Self::of(Class::RateLimited { until }, code, message)
    }

    fn of(class: Class, code: impl Into<Cow<'static, str>>, message: impl fmt::Display) -> Self {
        Self {
            class,
            code: code.into(),
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        let class = if error.is_transient() {
            Class::Transient
        } else {
            Class::Permanent
        };
        Self::of(class, error.code(), error)
    }
}

impl From<QueueError> for Fault {
    fn from(error: QueueError) -> Self {
        let class = if error.is_transient() || matches!(error, QueueError::LeaseLost) {
            Class::Transient
        } else {
            Class::Permanent
        };
        Self::of(class, error.code(), error)
    }
}
