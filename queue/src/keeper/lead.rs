//! The election: one row, taken by one statement when it is free or lapsed, renewed by its holder.

use std::sync::Arc;

use db::Time;

use super::Leadership;
use crate::store;
use crate::worker::Shared;
use crate::{Queue, QueueError, WorkerId};

/// The office's name in `queue_leases`.
const OFFICE: &str = "keeper";

/// Who holds the keeper's office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// The worker incarnation.
    pub worker_id: WorkerId,
    /// Grows by one with every term.
    pub term: i64,
    /// Until when the office is held, unless it is renewed; in the past: it is free.
    pub until: Time,
}

impl Queue {
    /// Who holds the keeper's office, or held it last; none before the first worker.
    pub async fn leader(&self) -> Result<Option<Leader>, QueueError> {
        let mut db = self.pool().get().await?;
        let row = store::lease(&mut db, OFFICE).await?;
        Ok(row.map(|row| Leader {
            worker_id: row.holder,
            term: row.token,
            until: row.until,
        }))
    }
}

/// Stands for election now and after every renewal of the worker's own lease, for ever. Who
/// cannot renew its own does not stand, and so a worker is never written off by its own process.
pub(super) async fn campaign(shared: Arc<Shared>, leadership: Leadership) {
    let mut renewals = shared.renewals();
    let options = shared.queue.options();
    // Who looks a beat early stops before anyone else may begin, even if clocks differ a little.
    let margin = options.beat;
    let mut led = false;
    loop {
        match stand(&shared, leadership.holds()).await {
            Ok(Some(until)) => leadership.keep(until - margin),
            Ok(None) => leadership.lose(),
            // What is trusted runs out by itself.
            Err(error) => tracing::warn!(%error, "the keeper's office could not be asked for"),
        }
        let leads = leadership.holds();
        if std::mem::replace(&mut led, leads) != leads {
            metrics::gauge!("queue_keeper_leads").set(if leads { 1.0 } else { 0.0 });
            tracing::info!(worker.id = %shared.id(), leads, "the keeper changed");
        }
        if renewals.changed().await.is_err() {
            return;
        }
    }
}

/// Takes or renews the office; until when, if it is ours.
async fn stand(shared: &Shared, leads: bool) -> Result<Option<Time>, QueueError> {
    let queue = &shared.queue;
    if !leads {
        // Reading costs much less than trying in vain.
        let mut db = queue.pool().get().await?;
        let found = store::lease(&mut db, OFFICE).await?;
        let taken = found.is_some_and(|row| row.holder != shared.id() && row.until > queue.now());
        if taken {
            return Ok(None);
        }
    }
    let mut db = queue.pool().writer().await?;
    let now = queue.now();
    let until = now + queue.options().lease;
    let token = store::take_lease(&mut db, OFFICE, shared.id(), now, until).await?;
    Ok(token.map(|_| until))
}

/// Gives the office up, if this worker holds it. Nobody may stand for it any more.
pub(crate) async fn resign(shared: &Shared, leadership: &Leadership) -> Result<(), QueueError> {
    let queue = &shared.queue;
    if leadership.holds() {
        metrics::gauge!("queue_keeper_leads").set(0.0);
    }
    leadership.lose();
    let mut db = queue.pool().writer().await?;
    store::end_lease(&mut db, OFFICE, shared.id(), queue.now()).await?;
    Ok(())
}
