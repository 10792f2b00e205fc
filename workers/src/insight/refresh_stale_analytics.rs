//! `refresh_stale_analytics`: forecasts and milestones go stale with the calendar, also where no
//! metric changes. Once a day every artist whose results are of another day gets a refresh, spread
//! over the minutes that the settings say.

use std::time::Duration;

use db::Time;
use jobs::{RefreshAnalytics, RefreshStaleAnalytics, RefreshStaleAnalyticsOutput};
use models::{ArtistId, accounts, analytics};
use queue::{Context, LogLevel, NewJob, QueueError};

use crate::ending::Ending;
use crate::environment::Environment;

/// Artists of a transaction.
const BATCH: i64 = 100;
const DAY: Duration = Duration::from_hours(24);

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    _payload: RefreshStaleAnalytics,
) -> Result<RefreshStaleAnalyticsOutput, Ending> {
    let tick = context.tick().await?;
    let day = Day::of(tick.map_or(context.job().created_at, |tick| tick.at));
    let stop = context.cancelled();
    let (mut artists, mut after) = (0, None);
    loop {
        if stop.is_cancelled() {
            return Err(Ending::cancelled("stopped while it ran"));
        }
        let stale = {
            let mut db = environment.pool.get().await?;
            analytics::stale(&mut db, day.begins, after, BATCH).await?
        };
        let Some(last) = stale.last() else { break };
        after = Some(*last);
        artists += ask(&environment, &context, &day, stale).await?;
    }
    let said = format!("{artists} artists get a refresh for {}", day.name);
    context.log(LogLevel::Info, said);
    Ok(RefreshStaleAnalyticsOutput { artists })
}

/// A day, UTC.
struct Day {
    name: String,
    begins: Time,
}

impl Day {
    fn of(at: Time) -> Self {
        let micros = i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX);
        let begins = at.as_micros().div_euclid(micros).saturating_mul(micros);
        Self {
            name: at.utc().date_naive().to_string(),
            begins: Time::from_micros(begins),
        }
    }
}

/// Asks for the refreshes of a batch, and says how many there are. A second attempt finds those of
/// the first by their key.
async fn ask(
    environment: &Environment,
    context: &Context,
    day: &Day,
    stale: Vec<ArtistId>,
) -> Result<u64, QueueError> {
    let (now, spread) = (environment.queue.now(), environment.refresh_spread);
    let mut jobs = Vec::with_capacity(stale.len());
    for artist_id in stale {
        let job = NewJob::of(&RefreshAnalytics { artist_id })?
            .tenant(artist_id.uuid())
            .priority(RefreshAnalytics::PRIORITY)
            .unique_for(format!("day-{}", day.name), DAY)
            .run_at(now + share(artist_id, spread));
        jobs.push((artist_id, job));
    }
    let artists: Vec<ArtistId> = jobs.iter().map(|(artist, _)| *artist).collect();
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                // One that is erased meanwhile gets no job that would outlive it.
                let standing = accounts::standing(tx.db(), &artists).await?;
                jobs.retain(|(artist, _)| standing.contains(artist));
                let mut asked = 0;
                for (_, job) in jobs {
                    asked += u64::from(!tx.enqueue(job).await?.existing);
                }
                Ok::<_, QueueError>(asked)
            })
        })
        .await
}

/// How long an artist's refresh waits: the same every day, and evenly spread over artists.
fn share(artist: ArtistId, spread: Duration) -> Duration {
    let mixed = ml::Random::new(artist.uuid().as_u64_pair().1).unit();
    spread.mul_f64(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_refreshes_are_spread() {
        let at = Time::from_micros(1_700_000_000_000_000);
        let day = Day::of(at);
        assert_eq!(day.name, "2023-11-14");
        assert_eq!(day.begins.as_micros(), 1_699_920_000_000_000);
        let spread = Duration::from_hours(1);
        let shares: Vec<_> = (0..200).map(|_| share(ArtistId::new(), spread)).collect();
        let early = shares.iter().filter(|share| **share < spread / 2).count();
        assert!((60..=140).contains(&early), "{early}");
        assert!(shares.iter().all(|share| *share < spread));
    }
}
