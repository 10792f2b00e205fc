//! Which local times match, wherever on Earth they are meant.

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::field::Values;

/// How far a search goes. A 29 February on one weekday may be forty years away, when a century
/// without a leap day lies between.
const HORIZON_YEARS: i32 = 41;

/// The six fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) seconds: Values,
    pub(super) minutes: Values,
    pub(super) hours: Values,
    pub(super) days: Values,
    pub(super) months: Values,
    /// 0 to 6 from Sunday.
    pub(super) weekdays: Values,
}

impl Calendar {
    /// Whether any year has a day that matches. Every weekday is some year's 29 February.
    pub(super) fn has_a_day(&self) -> bool {
        let by_weekday = !(self.days.star || self.weekdays.star);
        let longest = |month| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        by_weekday
            || (1..=12)
                .any(|month| self.months.contains(month) && self.days.lowest() <= longest(month))
    }

    /// Whether it names times of day, rather than intervals.
    pub(super) fn is_fixed(&self) -> bool {
        !(self.seconds.star || self.minutes.star || self.hours.star)
    }

    /// The matching local times later than `after` and not beyond the horizon, in order.
    pub(super) fn times_after(
        &self,
        after: NaiveDateTime,
    ) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let last_year = after.year().saturating_add(HORIZON_YEARS);
        std::iter::successors(self.next_after(after), |time| self.next_after(*time))
            .take_while(move |time| time.year() <= last_year)
    }

    fn next_after(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let from = after
            .with_nanosecond(0)?
            .checked_add_signed(TimeDelta::seconds(1))?;
        if self.has_day(from.date())
            && let Some(time) = self.time_from(from.time())
        {
            return Some(from.date().and_time(time));
        }
        let earliest = NaiveTime::from_hms_opt(
            self.hours.lowest(),
            self.minutes.lowest(),
            self.seconds.lowest(),
        )?;
        Some(self.day_after(from.date())?.and_time(earliest))
    }

    fn day_after(&self, date: NaiveDate) -> Option<NaiveDate> {
        let last_year = date.year().checked_add(HORIZON_YEARS)?;
        let mut date = date.succ_opt()?;
        while !self.has_day(date) {
            date = if self.months.contains(date.month()) {
                date.succ_opt()?
            } else {
                date.with_day(1)?.checked_add_months(Months::new(1))?
            };
            if date.year() > last_year {
                return None;
            }
        }
        Some(date)
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        let day = self.days.contains(date.day());
        let weekday = self
            .weekdays
            .contains(date.weekday().num_days_from_sunday());
        let day = if self.days.star || self.weekdays.star {
            day && weekday
        } else {
            day || weekday
        };
        day && self.months.contains(date.month())
    }

    /// The first matching time of day that is not before `from`.
    fn time_from(&self, from: NaiveTime) -> Option<NaiveTime> {
        let (hour, minute) = (from.hour(), from.minute());
        let same_minute = self
            .seconds
            .from(from.second())
            .filter(|_| self.hours.contains(hour) && self.minutes.contains(minute));
        if let Some(second) = same_minute {
            return NaiveTime::from_hms_opt(hour, minute, second);
        }
        let same_hour = self
            .minutes
            .from(minute + 1)
            .filter(|_| self.hours.contains(hour));
        if let Some(minute) = same_hour {
            return NaiveTime::from_hms_opt(hour, minute, self.seconds.lowest());
        }
        let hour = self.hours.from(hour + 1)?;
        NaiveTime::from_hms_opt(hour, self.minutes.lowest(), self.seconds.lowest())
    }
}
