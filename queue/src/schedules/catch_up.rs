//! What becomes of ticks that nobody was there for.

use std::time::Duration;

use db::Time;

use crate::Cron;

db::text_enum! {
    /// What a schedule does about ticks that came late: while no worker ran, or while the
    /// database was away.
    pub enum CatchUp {
        /// A tick that is a minute late or more makes no job.
        Skip = "skip",
        /// Of all ticks that are late, the newest makes a job.
        Latest = "latest",
        /// Every tick makes a job, in order, however late.
        All = "all",
    }
}

/// How late a tick may be under [`CatchUp::Skip`]: a worker that restarts misses none.
const GRACE: Duration = Duration::from_mins(1);
/// How many ticks make a job in one transaction.
const BATCH: usize = 100;
/// How many missed ticks are counted in one transaction.
const COUNTED: usize = 1000;
const INSTANT: Duration = Duration::from_micros(1);

/// What is done about a schedule that is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// The ticks that make a job.
    pub(super) make: Vec<Time>,
    /// How many are let go.
    pub(super) missed: usize,
    /// The first tick that is not yet decided; it may be due already.
    pub(super) next_at: Option<Time>,
}

impl CatchUp {
    /// Decides about the ticks from `next_at` until `now`.
    pub(super) fn decide(self, cron: &Cron, next_at: Time, now: Time) -> Decision {
        let before = next_at - INSTANT;
        let missed = |until| cron.ticks(before, until).take(COUNTED).count();
        match self {
            Self::Skip => {
                let too_late = before.max(now - GRACE);
                Decision {
                    make: cron.ticks(too_late, now).collect(),
                    missed: missed(too_late),
                    next_at: cron.next_after(now),
                }
            }
            Self::Latest => {
                let newest = cron.newest(before, now);
                Decision {
                    missed: newest.map_or(0, |newest| missed(newest - INSTANT)),
                    make: newest.into_iter().collect(),
                    next_at: cron.next_after(now),
                }
            }
            Self::All => {
                let make: Vec<Time> = cron.ticks(before, now).take(BATCH).collect();
                let decided = if make.len() < BATCH {
                    None
                } else {
                    make.last()
                };
                Decision {
                    next_at: cron.next_after(decided.copied().unwrap_or(now)),
                    missed: 0,
                    make,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(
        policy: CatchUp,
        cron: &str,
        next_at: &str,
        now: &str,
    ) -> (Vec<String>, usize, String) {
        let at = |text: &str| format!("2026-06-01T{text}Z").parse::<Time>().unwrap();
        let cron = Cron::parse(cron, "UTC").unwrap();
        let decision = policy.decide(&cron, at(next_at), at(now));
        let told = |at: Time| at.utc().format("%H:%M:%S").to_string();
        let make = decision.make.into_iter().map(told).collect();
        (make, decision.missed, told(decision.next_at.unwrap()))
    }

    fn made(ticks: &[&str], missed: usize, next: &str) -> (Vec<String>, usize, String) {
        let ticks = ticks.iter().map(|&tick| tick.to_owned()).collect();
        (ticks, missed, next.to_owned())
    }

    #[test]
    fn a_tick_on_time_makes_a_job_under_each_policy() {
        for policy in CatchUp::ALL {
            let on_time = decide(*policy, "*/5 * * * *", "10:00:00", "10:00:00");
            assert_eq!(on_time, made(&["10:00:00"], 0, "10:05:00"), "{policy}");
        }
    }

    #[test]
    fn skip_lets_go_what_is_a_minute_late() {
        let skip = |next_at, now| decide(CatchUp::Skip, "*/5 * * * *", next_at, now);
        let late = skip("10:00:00", "10:00:59.999999");
        assert_eq!(late, made(&["10:00:00"], 0, "10:05:00"));
        assert_eq!(skip("10:00:00", "10:01:00"), made(&[], 1, "10:05:00"));
        assert_eq!(
            skip("10:00:00", "10:10:30"),
            made(&["10:10:00"], 2, "10:15:00")
        );
    }

    #[test]
    fn latest_makes_up_for_the_newest() {
        let latest = decide(CatchUp::Latest, "*/5 * * * *", "10:00:00", "10:17:00");
        assert_eq!(latest, made(&["10:15:00"], 3, "10:20:00"));
    }

    #[test]
    fn all_makes_up_for_every_one_a_hundred_at_a_time() {
        let all = decide(CatchUp::All, "*/5 * * * *", "10:00:00", "10:12:00");
        assert_eq!(
            all,
            made(&["10:00:00", "10:05:00", "10:10:00"], 0, "10:15:00")
        );
        let (first, _, next) = decide(CatchUp::All, "* * * * *", "10:00:00", "12:00:00");
        assert_eq!((first.len(), next.as_str()), (100, "11:40:00"));
        let (rest, _, next) = decide(CatchUp::All, "* * * * *", "11:40:00", "12:00:00");
        assert_eq!((rest.len(), next.as_str()), (21, "12:01:00"));
    }

    #[test]
    fn years_of_missed_seconds_are_decided_at_once() {
        let cron = Cron::parse("* * * * * *", "Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2026-06-01T00:00:00Z");
        let decision = CatchUp::Latest.decide(&cron, at("2016-06-01T00:00:00Z"), now);
        assert_eq!((decision.make, decision.missed), (vec![now], COUNTED));
    }
}
