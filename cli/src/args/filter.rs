//! Which jobs: what a list or a redrive can be narrowed by on the command line.

use std::time::Duration;

use db::Time;
use queue::{Between, Filter, PayloadField, State};
use uuid::Uuid;

/// Which jobs; all that is given must be met.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FilterArgs {
    /// Only those in this state.
    #[arg(long)]
    pub state: Option<State>,
    /// Only those of this kind.
    #[arg(long)]
    pub kind: Option<String>,
    /// Only those of this queue.
    #[arg(long)]
    pub queue: Option<String>,
    /// Only those of this artist.
    #[arg(long)]
    pub artist: Option<Uuid>,
    /// Only those whose newest attempt failed with this code.
    #[arg(long, value_name = "CODE")]
    pub error: Option<String>,
    /// Only those enqueued at or after this time: RFC 3339, or so long ago, as in 90m, 2h or 3d.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub created_from: Option<Instant>,
    /// Only those enqueued before it.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub created_until: Option<Instant>,
    /// Only those that ended at or after it.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub finished_from: Option<Instant>,
    /// Only those that ended before it.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub finished_until: Option<Instant>,
    /// Only those whose payload has this value, as in `track_id=…` or `target.name=loud`; may be
    /// repeated.
    #[arg(long = "payload", value_name = "PATH=VALUE")]
    pub payload: Vec<String>,
}

/// A point in time, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instant {
    /// A point in time.
    At(Time),
    /// So long before now.
    Ago(Duration),
}

impl Instant {
    fn at(self, now: Time) -> Time {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now - ago,
        }
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    if let Ok(at) = text.parse() {
        return Ok(Instant::At(at));
    }
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let ago = units.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_secs(count.checked_mul(seconds)?))
    });
    ago.map(Instant::Ago).ok_or_else(|| {
        "write a time as in 2026-01-31T12:00:00Z, or how long ago as in 90m, 2h or 3d".to_owned()
    })
}

impl FilterArgs {
    /// What was typed, as the queue's filter.
    pub fn filter(self, now: Time) -> Result<Filter, queue::QueueError> {
        let at = |instant: Option<Instant>| instant.map(|instant| instant.at(now));
        let fields = self.payload.iter().map(|text| PayloadField::parse(text));
        Ok(Filter {
            state: self.state,
            kind: self.kind,
            queue: self.queue,
            tenant_id: self.artist,
            error_code: self.error,
            created: Between {
                from: at(self.created_from),
                until: at(self.created_until),
            },
            finished: Between {
                from: at(self.finished_from),
                until: at(self.finished_until),
            },
            payload: fields.collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_points_or_so_long_ago() {
        let day = Duration::from_hours(24);
        assert_eq!(instant("3d"), Ok(Instant::Ago(day * 3)));
        assert_eq!(instant("0s"), Ok(Instant::Ago(Duration::ZERO)));
        assert!(matches!(
            instant("2026-01-31T12:00:00+01:00"),
            Ok(Instant::At(_))
        ));
        for wrong in ["", "h", "yesterday", "-1h", "99999999999999999999d"] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }
}
