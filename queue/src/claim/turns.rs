//! One worker's turns in one queue: what it knows of the lanes, and when it looks at the table.

use std::collections::HashMap;
use std::time::Duration;

use db::Time;

use super::ring::{Ring, Take, Turn};
use crate::lane::{LaneId, Place};
use crate::store::{self, Row};
use crate::wake::Inbox;
use crate::worker::Shared;
use crate::{QueueError, WorkerId};

/// Lanes of one look.
const PAGE: i64 = 512;
/// The least time between two looks while there is work: news tells of new lanes sooner, and
/// looks find those of which news was lost.
const LOOK: Duration = Duration::from_millis(250);
/// A look that took long is not repeated before so many times as long.
const REST: u32 = 10;

/// The turns of one queue.
#[derive(Debug)]
pub(crate) struct Turns {
    queue: String,
    inbox: Inbox,
    ring: Ring,
    /// Where the next look goes on; none: at the beginning.
    page: Option<(i16, LaneId)>,
    next_look: Option<Time>,
}

impl Turns {
    pub(crate) fn new(queue: String, inbox: Inbox) -> Self {
        Self {
            queue,
            inbox,
            ring: Ring::default(),
            page: None,
            next_look: None,
        }
    }

    /// Claims up to `limit` jobs for the worker: none only when nothing waits that may be taken.
    pub(crate) async fn claim(
        &mut self,
        shared: &Shared,
        worker: WorkerId,
        limit: usize,
    ) -> Result<Vec<Row>, QueueError> {
        let told = self.inbox.take();
        for head in told.heads {
            self.ring.heard(head);
        }
        let now = shared.queue.now();
        // Lanes that no look has come to yet have their turn before those that had one.
        let more = self.page.is_some() && self.ring.lanes() < limit;
        if told.look || more || self.next_look.is_none_or(|at| at <= now) {
            self.look(shared).await?;
        }
        let mut claimed: Vec<Row> = Vec::new();
        let mut looked = false;
        while claimed.len() < limit {
            let takes = self.ring.plan(limit - claimed.len());
            if !takes.is_empty() {
                match self.take(shared, worker, takes).await {
                    Ok(rows) => claimed.extend(rows),
                    // Those that were claimed are ours all the same.
                    Err(error) if claimed.is_empty() => return Err(error),
                    Err(_) => break,
                }
            } else if claimed.is_empty() && (!looked || self.page.is_some()) {
                self.look(shared).await?;
                looked = true;
            } else {
                break;
            }
        }
        Ok(claimed)
    }

    async fn take(
        &mut self,
        shared: &Shared,
        worker: WorkerId,
        takes: Vec<Take>,
    ) -> Result<Vec<Row>, QueueError> {
        let (pool, now) = (shared.queue.pool(), shared.queue.now());
        let rows = store::claim(pool, &self.queue, worker, &takes, now).await?;
        // How many came of each lane. Of one lane they are in order: the last stays.
        let mut came: HashMap<(i16, LaneId), (usize, Place)> = HashMap::new();
        for row in &rows {
            let count = came.get(&row.lane_key()).map_or(0, |(count, _)| *count);
            came.insert(row.lane_key(), (count + 1, Place(row.run_at, row.id)));
        }
        for take in takes {
            let lane = take.turn.lane;
            // Fewer than its share: nothing waits behind them.
            if let Some((count, after)) = came.get(&(lane.priority, lane.id))
                && *count == take.quota
            {
                let after = *after;
                self.ring.put(Turn { lane, after });
            }
        }
        Ok(rows)
    }

    /// Looks which lanes have waiting jobs, a page at a time and round again.
    async fn look(&mut self, shared: &Shared) -> Result<(), QueueError> {
        let queue = &shared.queue;
        let began = queue.now();
        let mut from = self.page.take();
        loop {
            let heads = store::heads(queue.pool(), &self.queue, from, PAGE).await?;
            let found = !heads.is_empty();
            if i64::try_from(heads.len()).is_ok_and(|count| count == PAGE) {
                self.page = heads.last().map(|head| (head.lane.priority, head.lane.id));
            }
            for head in heads {
                self.ring.heard(head);
            }
            if found || from.take().is_none() {
                let took = queue.now().since(began);
                self.next_look = Some(queue.now() + LOOK.max(took * REST));
                return Ok(());
            }
        }
    }
}
