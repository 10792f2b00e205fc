//! The platform's own schedules. Every process with workers puts them when it starts; putting them
//! again changes nothing, and what operators paused stays paused.

use jobs::RefreshStaleAnalytics;
use queue::{NewSchedule, Queue, QueueError, Scope};

/// Puts them. Analytics are computed anew at `refresh_hour`, 0 to 23, UTC.
pub async fn put(queue: &Queue, refresh_hour: u32) -> Result<(), QueueError> {
    // Not at the full hour, when everything else of this world begins.
    let daily = format!("17 {refresh_hour} * * *");
    let refresh = NewSchedule::of(
        "refresh-analytics",
        &RefreshStaleAnalytics {},
        &daily,
        "UTC",
    )?;
    queue.put_schedule(Scope::Operator, refresh).await?;
    Ok(())
}
