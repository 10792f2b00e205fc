//! Who runs jobs now, and who did.

use db::Time;
use serde::Serialize;

use crate::{Queue, QueueError, WorkerId, store};

/// Which process an incarnation is or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct WorkerName {
    /// The incarnation.
    pub id: WorkerId,
    /// The worker's name.
    pub name: String,
    /// The machine it ran on.
    pub host: String,
    /// The process on that machine.
    pub pid: i64,
}

/// A worker that has a lease, or whose lease has lapsed and nobody noticed yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkerView {
    /// Which process it is.
    #[serde(flatten)]
    pub worker: WorkerName,
    /// The queues it serves.
    pub queues: Vec<String>,
    /// When it registered.
    pub started_at: Time,
    /// When it last renewed its lease.
    pub beat_at: Time,
    /// Until when its lease holds.
    pub lease_until: Time,
    /// How many jobs it runs.
    pub running: u64,
    /// Whether it is the keeper.
    pub leads: bool,
}

impl Queue {
    /// The workers, in the order in which they registered. For operators.
    pub async fn workers(&self) -> Result<Vec<WorkerView>, QueueError> {
        let leader = self.leader().await?;
        let mut db = self.pool().get().await?;
        let rows = store::workers(&mut db, None).await?;
        let held = store::held_counts(&mut db).await?;
        let leads = |id| leader.is_some_and(|it| it.worker_id == id && it.until > self.now());
        let view = |row: store::WorkerRow| WorkerView {
            queues: row.queues(),
            leads: leads(row.id),
            running: held.get(&row.id).copied().unwrap_or_default(),
            worker: WorkerName {
                id: row.id,
                name: row.name,
                host: row.host,
                pid: row.pid,
            },
            started_at: row.started_at,
            beat_at: row.beat_at,
            lease_until: row.lease_until,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Forgets up to `limit` worker incarnations that began before `before` and have ended.
    pub(crate) async fn prune_incarnations(
        &self,
        before: Time,
        limit: usize,
    ) -> Result<usize, QueueError> {
        self.pool()
            .tx(move |db| {
                Box::pin(async move { Ok(store::prune_incarnations(db, before, limit).await?) })
            })
            .await
    }
}
