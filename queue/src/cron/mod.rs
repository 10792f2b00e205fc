//! When a schedule ticks: cron expressions in IANA time zones. Pure: no clock, no database.

mod calendar;
#[cfg(test)]
mod dst_table;
mod error;
mod expression;
mod field;
#[cfg(test)]
mod properties;
mod zone;

use std::time::Duration;

use chrono::TimeDelta;
use db::Time;

pub use error::CronError;

use calendar::Calendar;
use zone::{Reading, Zone};

/// Ticks fall on whole seconds.
const GRAIN: Duration = Duration::from_secs(1);

/// A cron expression in a time zone: an endless row of instants, its *ticks*.
///
/// # The expression
///
/// Five fields – minute, hour, day of month, month, day of week – or six with the second before
/// them, or one of `@hourly @daily @midnight @weekly @monthly @yearly @annually`. A field is a list of `*`,
/// values, ranges `a-b`, and either with a step `/n`; `a/n` runs from `a` to the field's end.
/// Months and weekdays have English names of three letters. Sunday is 0 and 7.
///
/// As in Vixie's cron, a day counts when *either* day field matches, if both are restricted; a
/// day field that begins with `*` is not, and then *both* must match. So `0 0 13 * FRI` ticks on
/// each 13th and each Friday, and `0 0 1-7 * */7` on the first Sunday of a month.
///
/// # Clocks that change
///
/// As in Vixie's cron, whether second, minute or hour begins with `*` decides:
///
/// - *A fixed time of day* (none does) ticks once for each calendar time. One that is skipped
///   ticks at the first instant after the gap; one that comes twice ticks the first time only.
/// - *An interval* (one does, as in `*/15 * * * *` or `0 * * * *`) ticks at every instant whose
///   local time matches: in both passes of a doubled hour, and not at all in a skipped one.
///
/// Ticks that meet in one instant are one tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    expression: String,
    calendar: Calendar,
    zone: Zone,
}

impl Cron {
    /// Reads an expression and the name of a zone, such as `Europe/Berlin` or `UTC`. One that
    /// names only days that no calendar has, such as 30 February, is refused.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, CronError> {
        let calendar = expression::parse(expression)?;
        Ok(Self {
            expression: expression.split_whitespace().collect::<Vec<_>>().join(" "),
            calendar,
            zone: Zone::named(zone)?,
        })
    }

    /// The expression, with single spaces.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The name of the zone.
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The first tick later than `after`. None: there is none within forty years, which is the
    /// longest that a calendar makes anyone wait, or `after` is at the end of the calendar.
    pub fn next_after(&self, after: Time) -> Option<Time> {
        let local = self.zone.local(after)?;
        if self.calendar.is_fixed() {
            return self.first(local, after, |reading| match reading {
                Reading::Once(at) | Reading::Twice(at, _) => Some(at),
                Reading::Skipped { until } => until,
            });
        }
        let first_pass = self.first(local, after, |reading| match reading {
            Reading::Once(at) | Reading::Twice(at, _) => Some(at),
            Reading::Skipped { .. } => None,
        });
        // Within a doubled hour, what this pass is done with, or was, comes in the second.
        let Reading::Twice(first, second) = self.zone.read(local) else {
            return first_pass;
        };
        let fold = TimeDelta::from_std(second.since(first)).ok()?;
        let second_pass = self.first(local - fold, after, |reading| match reading {
            Reading::Once(at) | Reading::Twice(_, at) => Some(at),
            Reading::Skipped { .. } => None,
        });
        // None sorts before any instant, and here means never.
        first_pass.into_iter().chain(second_pass).min()
    }

    /// The ticks later than `after` and not later than `until`, in order.
    pub fn ticks(&self, after: Time, until: Time) -> impl Iterator<Item = Time> + '_ {
        self.ticks_after(after)
            .take_while(move |tick| *tick <= until)
    }

    /// All ticks later than `after`, in order.
    pub fn ticks_after(&self, after: Time) -> impl Iterator<Item = Time> + '_ {
        std::iter::successors(self.next_after(after), |tick| self.next_after(*tick))
    }

    /// The newest tick later than `after` and not later than `until`. It takes as many steps as
    /// the stretch has binary digits, however many ticks lie in it.
    pub(crate) fn newest(&self, after: Time, until: Time) -> Option<Time> {
        let tick_after = |at| self.next_after(at).filter(|tick| *tick <= until);
        // From `newest` on there is no tick up to `quiet` that would not be found.
        let mut newest = tick_after(after)?;
        let mut quiet = until;
        while quiet.since(newest) >= GRAIN {
            let middle = newest + quiet.since(newest) / 2;
            match tick_after(middle) {
                Some(tick) => newest = tick,
                None => quiet = middle,
            }
        }
        Some(newest)
    }

    /// The first instant later than `after` that a matching calendar time from `local` on means
    /// by `instant`.
    fn first(
        &self,
        local: chrono::NaiveDateTime,
        after: Time,
        instant: impl Fn(Reading) -> Option<Time>,
    ) -> Option<Time> {
        self.calendar
            .times_after(local)
            .filter_map(|local| instant(self.zone.read(local)))
            .find(|at| *at > after)
    }
}
