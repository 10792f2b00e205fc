//! The token bucket, as one time: when it will be full again. (The generic cell rate algorithm of
//! ITU-T I.371 keeps the same in one number.)

use std::time::Duration;

use db::Time;

use super::Rate;

/// A key's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) rate: Rate,
    pub(crate) full_at: Time,
}

impl Bucket {
    /// How many tokens are in it at `now`.
    pub(crate) fn tokens(&self, now: Time) -> u32 {
        let missing = self.full_at.since(now).as_micros() * u128::from(self.rate.count);
        let missing = missing.div_ceil(self.period().max(1));
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        self.rate.burst.saturating_sub(missing)
    }

    /// The same bucket with `count` tokens taken out at `now`.
    pub(crate) fn without(self, count: u32, now: Time) -> Self {
        Self {
            full_at: self.full_at.max(now) + self.time_of(count),
            ..self
        }
    }

    /// When it has a token again.
    pub(crate) fn opens_at(&self) -> Time {
        self.full_at - self.time_of(self.rate.burst.saturating_sub(1))
    }

    /// Its period, in microseconds.
    fn period(&self) -> u128 {
        u128::from(self.rate.period_seconds) * 1_000_000
    }

    /// How long `count` tokens take to come.
    fn time_of(&self, count: u32) -> Duration {
        let period = self.period() * u128::from(count);
        let whole = period.div_ceil(u128::from(self.rate.count.max(1)));
        Duration::from_micros(u64::try_from(whole).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Time {
        Time::from_micros(1_700_000_000_000_000 + micros)
    }

    fn bucket(count: u32, period_seconds: u32, burst: u32) -> Bucket {
        Bucket {
            rate: Rate {
                count,
                period_seconds,
                burst,
            },
            full_at: at(0),
        }
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_one_token_at_a_time() {
        let full = bucket(2, 1, 5);
        assert_eq!(full.tokens(at(0)), 5);
        let empty = full.without(5, at(0));
        assert_eq!(empty.tokens(at(0)), 0);
        assert_eq!(empty.opens_at(), at(500_000));
        assert_eq!(empty.tokens(at(499_999)), 0);
        assert_eq!(empty.tokens(at(500_000)), 1);
        assert_eq!(empty.tokens(at(10_000_000)), 5, "it never holds more");
    }

    #[test]
    fn no_period_sees_more_starts_than_its_count_and_the_burst() {
        // Ask at every millisecond for as much as there is.
        for (count, seconds, burst) in [(3, 1, 1), (7, 2, 4), (1, 3, 2), (1000, 1, 10)] {
            let mut bucket = bucket(count, seconds, burst);
            let mut starts: Vec<i64> = Vec::new();
            for micros in (0..12_000_000).step_by(1000) {
                let tokens = bucket.tokens(at(micros));
                bucket = bucket.without(tokens, at(micros));
                starts.extend(std::iter::repeat_n(micros, tokens as usize));
            }
            let period = i64::from(seconds) * 1_000_000;
            let busiest = (0..starts.len()).map(|first| {
                let end = starts[first] + period;
                starts[first..].partition_point(|start| *start < end)
            });
            let most = busiest.max().unwrap();
            assert!(
                most <= (count + burst) as usize,
                "{most} of {count}+{burst}"
            );
            let long = u32::try_from(starts.len()).unwrap();
            let due = 12 * count / seconds;
            assert!(long >= due && long <= due + burst, "{long} of {due}");
        }
    }
}
