//! What a local time means in a zone: one instant, two, or none.

use std::fmt;

use chrono::{MappedLocalTime, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::{GapInfo, Tz};
use db::Time;

use super::CronError;

/// An IANA time zone, from tables that are compiled in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Zone(Tz);

/// The instants at which the zone's clocks show a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// They show it once.
    Once(Time),
    /// They were set back, and show it twice.
    Twice(Time, Time),
    /// They were set forward over it; `until` is the first instant after the gap. None: beyond
    /// what the calendar can show.
    Skipped { until: Option<Time> },
}

impl Zone {
    pub(super) fn named(name: &str) -> Result<Self, CronError> {
        let unknown = |_| {
            let message = format!("`{name}` is no IANA time zone such as Europe/Berlin or UTC");
            CronError::new("zone", message)
        };
        name.parse().map(Self).map_err(unknown)
    }

    pub(super) fn name(self) -> &'static str {
        self.0.name()
    }

    /// What the zone's clocks show at `at`; none at the ends of the calendar.
    pub(super) fn local(self, at: Time) -> Option<NaiveDateTime> {
        let utc = at.utc().naive_utc();
        utc.checked_add_offset(self.0.offset_from_utc_datetime(&utc).fix())
    }

    /// When the zone's clocks show `local`.
    pub(super) fn read(self, local: NaiveDateTime) -> Reading {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(at) => Reading::Once(at.to_utc().into()),
            MappedLocalTime::Ambiguous(first, second) => {
                Reading::Twice(first.to_utc().into(), second.to_utc().into())
            }
            MappedLocalTime::None => Reading::Skipped {
                until: GapInfo::new(&local, &self.0)
                    .and_then(|gap| gap.end)
                    .map(|end| end.to_utc().into()),
            },
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
