//! The sections of the settings, one struct a concern, and the rule check they share.

pub(crate) mod analytics;
pub(crate) mod data;
pub(crate) mod database;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod ml;
pub(crate) mod queue;
pub(crate) mod redis;
pub(crate) mod server;
pub(crate) mod storage;
pub(crate) mod target_file;
pub(crate) mod workers;

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// A rule that a value breaks.
pub(crate) struct Broken {
    /// Dotted key.
    pub(crate) key: Cow<'static, str>,
    /// What holds for a right value.
    pub(crate) rule: String,
}

/// Checks that a value lies in its range.
pub(crate) fn within<T: PartialOrd + Copy + std::fmt::Display>(
    key: impl Into<Cow<'static, str>>,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), Broken> {
    let rule = format!(
        "must be from {} to {}, but is {value}",
        range.start(),
        range.end()
    );
    rule_holds(key, range.contains(&value), rule)
}

/// Checks a condition whose rule is a sentence.
pub(crate) fn rule_holds(
    key: impl Into<Cow<'static, str>>,
    holds: bool,
    rule: impl Into<String>,
) -> Result<(), Broken> {
    if holds {
        Ok(())
    } else {
        Err(Broken {
            key: key.into(),
            rule: rule.into(),
        })
    }
}
