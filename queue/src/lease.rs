//! The lease: opened, renewed by beats, compared with the table, ended.

use std::sync::Arc;
use std::time::Duration;

use db::{Document, Time};

use crate::held::StopReason;
use crate::store::{self, Registration};
use crate::worker::Shared;
use crate::{Queue, QueueError, WorkerId, finish};

/// How often jobs that run are checked for requests to cancel, when nothing is heard of one.
const CANCEL_CHECK: Duration = Duration::from_millis(500);

/// Opens a new incarnation's lease.
pub(crate) async fn open(
    queue: &Queue,
    name: &str,
    queues: &Vec<String>,
) -> Result<(WorkerId, Time), QueueError> {
    let now = queue.now();
    let lease_until = now + queue.options().lease;
    let id = WorkerId::new();
    let registration = Registration {
        id,
        name: name.to_owned(),
        host: host(),
        pid: i64::from(std::process::id()),
        queues: Document(serde_json::json!(queues)),
        started_at: now,
        beat_at: now,
        lease_until,
    };
    queue
        .pool()
        .tx::<_, QueueError, _>(|db| {
            Box::pin(async move { Ok(store::register(db, registration).await?) })
        })
        .await?;
    Ok((id, lease_until))
}

fn host() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname");
    named.map_or_else(|_| "unknown".into(), |name| name.trim().to_owned())
}

/// Beats for ever: renews the lease, and compares it with the table when there is doubt.
pub(crate) async fn keep(shared: Arc<Shared>) {
    let options = shared.queue.options();
    let (beat, clock) = (options.beat, shared.queue.clock());
    // Beats keep their distance from one another, however long the work of each takes.
    let mut next = shared.lease_until() - options.lease + beat;
    loop {
        clock.wait_until(next).await;
        next = clock.now() + beat;
        renew(&shared).await;
        if shared.take_suspicion() {
            reconcile(&shared).await;
        }
    }
}

async fn renew(shared: &Arc<Shared>) {
    let queue = &shared.queue;
    match beat(shared).await {
        Ok(true) => {}
        Ok(false) => {
            metrics::counter!("queue_leases_lost_total").increment(1);
            tracing::warn!(worker.id = %shared.id(), "the lease was taken away");
            shared.held.stop_all(&StopReason::LeaseLost);
            match open(queue, &shared.name, &shared.queues).await {
                Ok((id, lease_until)) => shared.renewed(id, lease_until),
                Err(error) => tracing::warn!(%error, "no new lease could be opened"),
            }
        }
        Err(error) => {
            tracing::warn!(%error, "the lease could not be renewed");
            // Others may have taken our jobs back by now, for all we know.
            if queue.now() >= shared.lease_until() {
                shared.held.stop_all(&StopReason::LeaseLost);
            }
        }
    }
}

async fn beat(shared: &Shared) -> Result<bool, QueueError> {
    let queue = &shared.queue;
    let id = shared.id();
    let mut db = queue.pool().writer().await?;
    let now = queue.now();
    let lease_until = now + queue.options().lease;
    let renewed = store::beat(&mut db, id, now, lease_until).await?;
    if renewed {
        shared.renewed(id, lease_until);
    }
    Ok(renewed)
}

/// Gives back what the table says we run and we know nothing of: a claim whose answer was lost.
async fn reconcile(shared: &Arc<Shared>) {
    let done = async {
        // No claim may be on its way, or its jobs would look unknown.
        let _none = shared.claims.write().await;
        let id = shared.id();
        let mut db = shared.queue.pool().get().await?;
        let rows = store::held_rows(&mut db, id).await?;
        drop(db);
        let unknown = rows
            .into_iter()
            .filter(|row| !shared.held.holds(row.id, row.fence))
            .collect();
        finish::give_back_unknown(&shared.queue, id, unknown).await
    };
    if let Err(error) = done.await {
        tracing::warn!(%error, "held jobs could not be compared with the table");
        shared.suspect();
    }
}

/// Hears requests to cancel what runs here, for ever. While nothing runs it costs nothing.
pub(crate) async fn hear_cancels(shared: Arc<Shared>) {
    let mut cancels = shared.queue.wake().local().cancels();
    loop {
        shared.held.any().await;
        cancels.borrow_and_update();
        if let Err(error) = stop_cancelled(&shared).await {
            tracing::debug!(%error, "requests to cancel could not be read");
        }
        let _ = tokio::time::timeout(CANCEL_CHECK, cancels.changed()).await;
    }
}

async fn stop_cancelled(shared: &Shared) -> Result<(), QueueError> {
    let mut db = shared.queue.pool().get().await?;
    for (job, fence, why) in store::cancel_requests(&mut db, shared.id()).await? {
        let reason = StopReason::Cancelled(why.unwrap_or_default());
        shared.held.stop(job, fence, reason);
    }
    Ok(())
}

/// Ends the lease. What is still held goes back to others at once.
pub(crate) async fn end(shared: &Shared) -> Result<(), QueueError> {
    let queue = &shared.queue;
    {
        let mut db = queue.pool().writer().await?;
        store::deregister(&mut db, shared.id()).await?;
    }
    if shared.held.count() > 0 {
        queue.rescue(true).await?;
    }
    Ok(())
}
