//! How the room that limits leave is shared among the lanes of one claim.

use std::collections::HashMap;

use db::Time;

use super::Bucket;

/// What one key may still take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    /// Jobs that may run beside those that do; none: any number.
    pub(crate) running_left: Option<u64>,
    /// The bucket of its rate.
    pub(crate) bucket: Option<Bucket>,
}

impl Opening {
    fn left(&self, now: Time) -> u64 {
        let tokens = self.bucket.map_or(u64::MAX, |b| b.tokens(now).into());
        tokens.min(self.running_left.unwrap_or(u64::MAX))
    }

    /// What shuts it once all that it has left at `now` is taken.
    fn shut(&self, now: Time) -> Option<Shut> {
        let left = self.left(now);
        if self.running_left == Some(left) {
            return Some(Shut::KeyRunning);
        }
        let taken = u32::try_from(left).unwrap_or(u32::MAX);
        self.bucket
            .map(|bucket| Shut::KeyRate(bucket.without(taken, now).opens_at()))
    }
}

/// Why a lane got less than its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// As many of its key run as may.
    KeyRunning,
    /// Its key's bucket is empty until then.
    KeyRate(Time),
    /// As many run in the queue, or in all of them, as may.
    Queue,
}

impl Shut {
    /// The word for it in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::KeyRunning => "key_running",
            Self::KeyRate(_) => "key_rate",
            Self::Queue => "queue_running",
        }
    }
}

/// What one lane may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) count: usize,
    /// Set when that is less than was asked for.
    pub(crate) shut: Option<Shut>,
}

/// The room of one claim.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// Jobs that may run in the queue beside those that do; none: any number.
    pub(crate) queue_left: Option<u64>,
    /// The keys that have a limit.
    pub(crate) openings: HashMap<String, Opening>,
}

impl Grants {
    /// Shares the room among lanes, each given with its key and what it asks for: one job each,
    /// in their order, and round again.
    pub(crate) fn share(&self, asked: &[(Option<&str>, usize)], now: Time) -> Vec<Grant> {
        let mut queue_left = self.queue_left.unwrap_or(u64::MAX);
        let of_key = |(key, opening): (&String, &Opening)| (key.clone(), opening.left(now));
        let mut left: HashMap<String, u64> = self.openings.iter().map(of_key).collect();
        let mut grants = vec![Grant::default(); asked.len()];
        let mut given = true;
        while given {
            given = false;
            for ((key, most), grant) in asked.iter().zip(&mut grants) {
                let of_key = key.and_then(|key| left.get_mut(key));
                if grant.count == *most || grant.shut.is_some() {
                    continue;
                }
                if of_key.as_ref().is_some_and(|left| **left == 0) {
                    grant.shut = key.and_then(|key| self.openings.get(key)?.shut(now));
                } else if queue_left == 0 {
                    grant.shut = Some(Shut::Queue);
                } else {
                    grant.count += 1;
                    queue_left -= 1;
                    if let Some(left) = of_key {
                        *left -= 1;
                    }
                    given = true;
                }
            }
        }
        grants
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limits::Rate;

    fn now() -> Time {
        Time::from_micros(1_700_000_000_000_000)
    }

    fn grants(queue_left: Option<u64>, openings: &[(&str, Opening)]) -> Grants {
        let openings = openings.iter().map(|(key, o)| ((*key).to_owned(), *o));
        Grants {
            queue_left,
            openings: openings.collect(),
        }
    }

    fn running(left: u64) -> Opening {
        Opening {
            running_left: Some(left),
            bucket: None,
        }
    }

    fn counts(shared: &[Grant]) -> Vec<usize> {
        shared.iter().map(|grant| grant.count).collect()
    }

    #[test]
    fn lanes_of_one_key_share_what_it_has_left() {
        let grants = grants(None, &[("a", running(3))]);
        let shared = grants.share(&[(Some("a"), 9), (None, 2), (Some("a"), 9)], now());
        assert_eq!(counts(&shared), [2, 2, 1]);
        assert_eq!(shared[0].shut, Some(Shut::KeyRunning));
        assert_eq!(shared[1].shut, None);
    }

    #[test]
    fn a_key_without_a_limit_and_a_queue_without_one_give_all_that_is_asked() {
        let shared = Grants::default().share(&[(Some("a"), 4), (None, 3)], now());
        assert_eq!(counts(&shared), [4, 3]);
        assert!(shared.iter().all(|grant| grant.shut.is_none()));
    }

    #[test]
    fn a_queues_limit_goes_round_all_lanes() {
        let grants = grants(Some(4), &[("a", running(1))]);
        let shared = grants.share(&[(Some("a"), 5), (None, 5), (None, 5)], now());
        assert_eq!(counts(&shared), [1, 2, 1]);
        assert_eq!(shared[1].shut, Some(Shut::Queue));
    }

    #[test]
    fn an_empty_bucket_says_when_it_has_a_token() {
        let rate = Rate {
            count: 1,
            period_seconds: 10,
            burst: 2,
        };
        let bucket = Bucket {
            rate,
            full_at: now(),
        };
        let opening = Opening {
            running_left: Some(7),
            bucket: Some(bucket),
        };
        let shared = grants(None, &[("a", opening)]).share(&[(Some("a"), 5)], now());
        assert_eq!(counts(&shared), [2]);
        let opens_at = now() + Duration::from_secs(10);
        assert_eq!(shared[0].shut, Some(Shut::KeyRate(opens_at)));
    }
}
