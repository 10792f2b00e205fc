//! One worker's turns in one queue: what it knows of the lanes, and when it looks at the table.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use db::{DbError, Time};
use tokio::sync::Mutex;

use super::closed::Closed;
use super::gated::{self, Frees};
use super::ring::{Ring, Take, Turn};
use crate::lane::{Head, LaneId, Place};
use crate::limits::{Shut, name_of};
use crate::store::{self, Row};
use crate::wake::Inbox;
use crate::worker::Shared;
use crate::{Queue, QueueError, WorkerId};

/// Lanes of one look.
const PAGE: i64 = 512;
/// The least time between two looks while there is work: news tells of new lanes sooner, and
/// looks find those of which news was lost.
const LOOK: Duration = Duration::from_millis(250);
/// A look that took long is not repeated before so many times as long.
const REST: u32 = 50;

/// The turns of one queue.
#[derive(Debug)]
pub(crate) struct Turns {
    queue: String,
    inbox: Inbox,
    ring: Ring,
    closed: Closed,
    /// Operators said how many of the queue may run, as far as is known.
    gated: bool,
    /// Where the next look goes on; none: at the beginning.
    page: Option<(i16, LaneId)>,
    next_look: Option<Time>,
}

/// What one round brought.
struct Round {
    rows: Vec<(Row, Frees)>,
    /// As many run in the queue, or in all, as may.
    full: bool,
}

/// How many jobs came of each lane, and the place of the last: of one lane they are in order.
struct Came(HashMap<(i16, LaneId), (usize, Place)>);

impl Came {
    fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut came = HashMap::new();
        for row in rows {
            let last = came.entry(row.lane_key()).or_insert((0, row.place()));
            *last = (last.0 + 1, row.place());
        }
        Self(came)
    }

    /// Of this lane.
    fn from(&self, turn: &Turn) -> (usize, Place) {
        let key = (turn.lane.priority, turn.lane.id);
        self.0.get(&key).copied().unwrap_or((0, turn.after))
    }
}

/// Claims up to `limit` jobs for the worker: none only when nothing waits that may be taken.
/// While a claim that no limit narrows waits for the database, others may be planned beside it.
pub(crate) async fn claim(
    turns: &Mutex<Turns>,
    shared: &Shared,
    worker: WorkerId,
    limit: usize,
) -> Result<Vec<(Row, Frees)>, QueueError> {
    let mut own = turns.lock().await;
    own.listen(shared, limit).await?;
    let mut claimed: Vec<(Row, Frees)> = Vec::new();
    let (mut looked, mut full) = (false, false);
    while claimed.len() < limit && !full {
        let takes = own.ring.plan(limit - claimed.len());
        if takes.is_empty() {
            if !claimed.is_empty() || (looked && own.page.is_none()) {
                break;
            }
            own.look(shared).await?;
            looked = true;
            continue;
        }
        let round = if own.narrows(&takes) {
            own.take_narrowed(shared, worker, takes).await
        } else {
            own.ring.lend(&takes);
            let queue = own.queue.clone();
            drop(own);
            let (pool, now) = (shared.queue.pool(), shared.queue.now());
            let rows = store::claim(pool, &queue, worker, &takes, now).await;
            own = turns.lock().await;
            own.settle(takes, rows)
        };
        match round {
            Ok(round) => {
                claimed.extend(round.rows);
                full = round.full;
            }
            // Those that were claimed are ours all the same.
            Err(error) if claimed.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(claimed)
}

impl Turns {
    pub(crate) fn new(queue: String, inbox: Inbox) -> Self {
        Self {
            queue,
            inbox,
            ring: Ring::default(),
            closed: Closed::default(),
            gated: false,
            page: None,
            next_look: None,
        }
    }

    /// Hears the news, and looks at the table when that is due.
    async fn listen(&mut self, shared: &Shared, limit: usize) -> Result<(), QueueError> {
        let (told, now) = (self.inbox.take(), shared.queue.now());
        for head in told.work.heads {
            self.heard(head);
        }
        for turn in self.closed.open(now, |key| told.freed.contains(key)) {
            self.ring.put(turn);
        }
        // Lanes that no look has come to yet have their turn before those that had one.
        let more = self.page.is_some() && self.ring.lanes() < limit;
        if told.work.look || more || self.next_look.is_none_or(|at| at <= now) {
            self.look(shared).await?;
        }
        Ok(())
    }

    /// When a closed lane may open without news of it.
    pub(crate) fn opens_at(&self) -> Option<Time> {
        self.closed.next()
    }

    fn heard(&mut self, head: Head) {
        if let Some(turn) = self.closed.keep(Turn::of(head)) {
            self.ring.put(turn);
        }
    }

    /// Whether limits may narrow these takes.
    fn narrows(&self, takes: &[Take]) -> bool {
        self.gated || takes.iter().any(|take| take.key().is_some())
    }

    /// What came of a claim beside which its lanes were kept.
    fn settle(
        &mut self,
        takes: Vec<Take>,
        rows: Result<Vec<Row>, DbError>,
    ) -> Result<Round, QueueError> {
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                for take in takes {
                    self.ring.put(take.turn);
                }
                return Err(error.into());
            }
        };
        let came = Came::of(&rows);
        for take in takes {
            let (count, after) = came.from(&take.turn);
            // Fewer than it asked for: nothing waits behind them.
            let after = (count >= take.quota).then_some(after);
            self.ring.settle(take, after);
        }
        let freely = |row| (row, Frees::default());
        Ok(Round {
            rows: rows.into_iter().map(freely).collect(),
            full: false,
        })
    }

    /// Claims what limits leave of these takes. No other claim of this queue goes meanwhile: it
    /// would only wait for the same limits.
    async fn take_narrowed(
        &mut self,
        shared: &Shared,
        worker: WorkerId,
        takes: Vec<Take>,
    ) -> Result<Round, QueueError> {
        let engine = &shared.queue;
        let keys = takes.iter().filter_map(Take::key).map(str::to_owned);
        // Told of before the limits are looked at, so that no news of room is missed.
        let awaited: BTreeSet<String> = self.closed.keys().cloned().chain(keys).collect();
        self.inbox.await_keys(awaited);
        let passed = gated::claim(engine, &self.queue, worker, &takes).await?;
        let came = Came::of(passed.rows.iter().map(|(row, _)| row));
        let mut full = false;
        let (mut served, mut unserved) = (Vec::new(), Vec::new());
        for (take, grant) in takes.into_iter().zip(passed.grants) {
            let (count, after) = came.from(&take.turn);
            let turn = Turn { after, ..take.turn };
            match grant.shut {
                // Fewer than it was granted: nothing waits behind them.
                _ if count < grant.count => {}
                None => self.ring.put(turn),
                Some(shut) => {
                    full |= shut == Shut::Queue;
                    let lanes = if count > 0 {
                        &mut served
                    } else {
                        &mut unserved
                    };
                    lanes.push((turn, shut));
                }
            }
        }
        // Whoever had nothing goes before those who had something.
        for turn in self.shut(unserved, engine).into_iter().rev() {
            self.ring.put_first(turn);
        }
        for turn in self.shut(served, engine) {
            self.ring.put(turn);
        }
        Ok(Round {
            rows: passed.rows,
            full,
        })
    }

    /// Closes the keys of lanes, and answers those for which only the queue is full.
    fn shut(&mut self, lanes: Vec<(Turn, Shut)>, engine: &Queue) -> Vec<Turn> {
        let mut open = Vec::new();
        for (turn, shut) in lanes {
            let limit = match (shut, &turn.lane.limit_key) {
                (Shut::Queue, _) | (_, None) => &self.queue,
                (_, Some(key)) => name_of(key),
            };
            metrics::counter!("queue_limits_hit_total", "limit" => limit.to_owned(), "by" => shut.as_str())
                .increment(1);
            match shut {
                Shut::KeyRate(until) => self.closed.close(turn, until),
                Shut::KeyRunning => {
                    let until = engine.now() + engine.options().poll;
                    self.closed.close(turn, until);
                }
                Shut::Queue => open.push(turn),
            }
        }
        open
    }

    /// Looks which lanes have waiting jobs, a page at a time and round again.
    async fn look(&mut self, shared: &Shared) -> Result<(), QueueError> {
        let queue = &shared.queue;
        let began = queue.now();
        self.gated = {
            let mut db = queue.pool().get().await?;
            store::is_gated(&mut db, &self.queue).await?
        };
        let mut from = self.page.take();
        loop {
            let heads = store::heads(queue.pool(), &self.queue, from, PAGE).await?;
            let found = !heads.is_empty();
            if i64::try_from(heads.len()).is_ok_and(|count| count == PAGE) {
                self.page = heads.last().map(|head| (head.lane.priority, head.lane.id));
            }
            for head in heads {
                self.heard(head);
            }
            if found || from.take().is_none() {
                let took = queue.now().since(began);
                self.next_look = Some(queue.now() + LOOK.max(took * REST));
                return Ok(());
            }
        }
    }
}
