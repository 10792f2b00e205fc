//! Limits: how many jobs of one key run at once, and how often they start.
//!
//! A job counts against the key it was given by [`crate::NewJob::limited_by`], in whatever queue
//! it runs and whoever's it is. A key is `name` or `name/which`: the limit of `name` holds for
//! each of its keys by itself. What a key may still take is decided in the transaction of the
//! claim, with the key's gate locked, so that no number of workers exceeds it.

mod bucket;
mod grant;
mod verbs;

use std::time::Duration;

use crate::QueueError;

pub(crate) use bucket::Bucket;
pub(crate) use grant::{Grant, Grants, Opening, Shut};

/// The longest name of a limit, in bytes.
const NAME_LIMIT_BYTES: usize = 64;

/// What each key of one name may do.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a period, at least 1.
    pub count: u32,
    /// The period, in whole seconds, at least 1.
    pub period: Duration,
    /// Tokens that a key which was quiet for long may take at once, at least 1.
    pub burst: u32,
}

impl Limit {
    pub(crate) fn check(&self) -> Result<(), QueueError> {
        let name = &self.name;
        let named = !name.is_empty() && name.len() <= NAME_LIMIT_BYTES && !name.contains('/');
        let whole = i32::MAX.unsigned_abs();
        let counts = 1..=whole;
        let rules = [
            (
                "name",
                named,
                format!("1 to {NAME_LIMIT_BYTES} bytes and no `/`"),
            ),
            (
                "max_running",
                self.max_running.is_none_or(|most| most <= whole),
                format!("0 to {whole}"),
            ),
            (
                "period",
                self.rate.is_none_or(|rate| rate.has_whole_period(whole)),
                format!("1 to {whole} whole seconds"),
            ),
            (
                "count",
                self.rate.is_none_or(|rate| counts.contains(&rate.count)),
                format!("1 to {whole}"),
            ),
            (
                "burst",
                self.rate.is_none_or(|rate| counts.contains(&rate.burst)),
                format!("1 to {whole}"),
            ),
        ];
        for (field, kept, rule) in rules {
            if !kept {
                let message = format!("it must be {rule}");
                return Err(QueueError::InvalidLimit { field, message });
            }
        }
        Ok(())
    }
}

impl Rate {
    fn has_whole_period(&self, most: u32) -> bool {
        let seconds = self.period.as_secs();
        self.period.subsec_nanos() == 0 && (1..=u64::from(most)).contains(&seconds)
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
    fn a_limit_that_could_not_be_kept_is_refused() {
        let rate = |count, period, burst| Limit {
            name: "mail".into(),
            max_running: None,
            rate: Some(Rate {
                count,
                period: Duration::from_millis(period),
                burst,
            }),
        };
        assert!(rate(1, 1000, 1).check().is_ok());
        for wrong in [
            rate(0, 1000, 1),
            rate(1, 1500, 1),
            rate(1, 0, 1),
            rate(1, 1000, 0),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
        let named = |name: &str| Limit {
            name: name.into(),
            ..rate(1, 1000, 1)
        };
        for wrong in [named(""), named("a/b"), named(&"x".repeat(65))] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
