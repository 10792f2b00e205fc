//! `refresh_analytics`: computes anew what is told of an artist's metrics.

use std::time::Duration;

use models::registry::Task;
use models::{ArtistId, analytics, metrics};
use queue::{Backoff, Contract, Enqueued, NewJob, QueueError, Tx};
use serde::{Deserialize, Serialize};

/// Whose analytics are to be computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshAnalytics {
    /// The artist.
    pub artist_id: ArtistId,
}

/// What came of it, in short. The results are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshAnalyticsOutput {
    /// Series that were looked at.
    pub series: u64,
    /// Results that were kept; 0 where a refresh that began later had kept its own.
    pub results: u64,
}

impl RefreshAnalytics {
    /// After imports, which others wait for.
    pub const PRIORITY: i16 = 6;

    /// Asks for a refresh after a change of the artist's metrics, in the change's transaction, which
    /// must hold the artist's turn ([`models::metrics::lock`]). Changes made while no refresh has
    /// begun share one; a change made after one began gets another, as that one may not have seen
    /// it.
    pub async fn follow(tx: &mut Tx<'_>, artist_id: ArtistId) -> Result<Enqueued, QueueError> {
        let number = analytics::next(tx.db(), artist_id).await?;
        let job = NewJob::of(&Self { artist_id })?
            .tenant(artist_id.uuid())
            .priority(Self::PRIORITY)
            .unique(format!("refresh-{number}"));
        tx.enqueue(job).await
    }

    /// Asks for a refresh after another version became the champion of one of the artist's models, in the
    /// transaction of that: analytics are forecast by the champion. Models of other tasks change nothing.
    pub async fn follow_champion(
        tx: &mut Tx<'_>,
        artist_id: ArtistId,
        task: Task,
    ) -> Result<(), QueueError> {
        if task == Task::Forecast {
            metrics::lock(tx.db(), artist_id).await?;
            Self::follow(tx, artist_id).await?;
        }
        Ok(())
    }
}

impl Contract for RefreshAnalytics {
    const KIND: &'static str = "refresh_analytics";
    const QUEUE: &'static str = "insight";
    const MAX_ATTEMPTS: i32 = 4;
    const TIMEOUT: Duration = Duration::from_mins(30);
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(5),
        cap: Duration::from_mins(5),
    };
    type Output = RefreshAnalyticsOutput;
}
