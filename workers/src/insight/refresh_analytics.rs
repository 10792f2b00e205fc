//! `refresh_analytics`: computes anew what is told of an artist's metrics.

use jobs::{RefreshAnalytics, RefreshAnalyticsOutput};
use models::analytics;
use queue::{Context, QueueError};

use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::owned;

/// Runs one attempt.
pub async fn run(
    _environment: Environment,
    context: Context,
    payload: RefreshAnalytics,
) -> Result<RefreshAnalyticsOutput, Ending> {
    owned(&context, payload.artist_id)?;
    let artist = payload.artist_id;
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                models::metrics::lock(tx.db(), artist).await?;
                analytics::begin(tx.db(), artist).await?;
                Ok::<_, QueueError>(())
            })
        })
        .await?;
    Ok(RefreshAnalyticsOutput {
        series: 0,
        results: 0,
    })
}
