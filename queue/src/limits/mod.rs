//! Limits: how many jobs of one key run at once, and how often they start.
//!
//! A job counts against the key it was given by [`crate::NewJob::limited_by`], in whatever queue
//! it runs and whoever's it is. A key is `name` or `name/which`: the limit of `name` holds for
//! each of its keys by itself. What a key may still take is decided in the transaction of the
//! claim, with the key's gate locked, so that no number of workers exceeds it.

mod bucket;
mod grant;
mod verbs;

use serde::{Deserialize, Serialize};

use crate::QueueError;

pub(crate) use bucket::Bucket;
pub(crate) use grant::{Grant, Grants, Opening, Shut};

/// The longest name of a limit, in bytes.
const NAME_LIMIT_BYTES: usize = 64;
/// The largest number that both stores keep.
const MOST: u32 = i32::MAX.unsigned_abs();

/// What each key of one name may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The part of its keys before the first `/`: 1 to 64 bytes.
    pub name: String,
    /// How many jobs of one key run at once, over all workers; 0 starts none. None: no limit.
    pub max_running: Option<u32>,
    /// How often jobs of one key start; none: no limit.
    pub rate: Option<Rate>,
}

/// How often jobs may start: a token bucket. An attempt takes a token when it is claimed, and
/// keeps it even when it is handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens a period, at least 1.
    pub count: u32,
    /// The period, in seconds, at least 1.
    pub period_seconds: u32,
    /// Tokens that a key which was quiet for long may take at once, at least 1.
    pub burst: u32,
}

impl Limit {
    pub(crate) fn check(&self) -> Result<(), QueueError> {
        let name = &self.name;
        let named = !name.is_empty() && name.len() <= NAME_LIMIT_BYTES && !name.contains('/');
        let printable = !name.contains(char::is_control);
        let (most, counts) = (self.max_running, 1..=MOST);
        let counted = |of: fn(&Rate) -> u32| self.rate.is_none_or(|r| counts.contains(&of(&r)));
        let rules = [
            (
                "name",
                named && printable,
                "1 to 64 printable bytes, and no `/`",
            ),
            (
                "max_running",
                most.is_none_or(|most| most <= MOST),
                "0 to 2147483647",
            ),
            ("rate.count", counted(|rate| rate.count), "1 to 2147483647"),
            (
                "rate.period_seconds",
                counted(|rate| rate.period_seconds),
                "1 to 2147483647",
            ),
            ("rate.burst", counted(|rate| rate.burst), "1 to 2147483647"),
        ];
        match rules.into_iter().find(|(_, kept, _)| !kept) {
            None => Ok(()),
            Some((field, _, rule)) => Err(QueueError::InvalidLimit {
                field,
                message: format!("it must be {rule}"),
            }),
        }
    }
}

/// The name of the limit that a key falls under.
pub(crate) fn name_of(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keys_name_is_what_stands_before_the_first_slash() {
        assert_eq!(name_of("mail"), "mail");
        assert_eq!(name_of("stores/eu/7"), "stores");
    }

    #[test]
    fn a_limit_that_could_not_be_kept_is_refused_by_its_field() {
        let limit = |name: &str, count, period_seconds, burst| Limit {
            name: name.into(),
            max_running: Some(0),
            rate: Some(Rate {
                count,
                period_seconds,
                burst,
            }),
        };
        let field = |limit: Limit| match limit.check() {
            Err(QueueError::InvalidLimit { field, .. }) => Some(field),
            _ => None,
        };
        assert_eq!(field(limit("mail", 1, 1, 1)), None);
        assert_eq!(field(limit("mail", 0, 1, 1)), Some("rate.count"));
        assert_eq!(field(limit("mail", 1, 0, 1)), Some("rate.period_seconds"));
        assert_eq!(field(limit("mail", 1, 1, u32::MAX)), Some("rate.burst"));
        for name in ["", "a/b", "a\n", &"x".repeat(65)] {
            assert_eq!(field(limit(name, 1, 1, 1)), Some("name"), "{name:?}");
        }
    }
}
