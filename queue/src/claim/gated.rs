//! A claim that limits may narrow: what they leave is decided with their rows locked, in the
//! transaction that takes the jobs.

use std::collections::{BTreeSet, HashMap};

use db::{Db, Time};

use super::ring::Take;
use crate::limits::{Bucket, Grant, Grants, Opening};
use crate::store::{self, Gate, Row};
use crate::{ALL_QUEUES, Queue, QueueError, WorkerId};

/// Which limits have room again when a job ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Frees {
    /// That of its key.
    pub(crate) key: bool,
    /// That of its queue.
    pub(crate) queue: bool,
    /// That of all queues together.
    pub(crate) all: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) rows: Vec<(Row, Frees)>,
    /// What each lane was granted, in the order of the takes.
    pub(super) grants: Vec<Grant>,
}

pub(super) async fn claim(
    engine: &Queue,
    queue: &str,
    worker: WorkerId,
    takes: &[Take],
) -> Result<Passed, QueueError> {
    let (queue, takes, now) = (queue.to_owned(), takes.to_vec(), engine.now());
    let claimed = engine
        .pool()
        .tx(move |db| Box::pin(async move { claim_within(db, &queue, worker, takes, now).await }));
    claimed.await
}

async fn claim_within(
    db: &mut Db,
    queue: &str,
    worker: WorkerId,
    mut takes: Vec<Take>,
    now: Time,
) -> Result<Passed, QueueError> {
    let mut frees = Frees::default();
    let mut queue_left: Option<u64> = None;
    let maximums = store::max_running(db, queue).await?;
    for (which, most) in &maximums {
        let runs = store::running_in(db, which).await?;
        let left = u64::try_from(i64::from(*most) - runs).unwrap_or(0);
        queue_left = Some(queue_left.unwrap_or(u64::MAX).min(left));
        if which == ALL_QUEUES {
            frees.all = true;
        } else {
            frees.queue = true;
        }
    }
    let gates = enter(db, &takes, now).await?;
    let grants = Grants {
        queue_left,
        openings: openings(db, &gates).await?,
    };
    let asked: Vec<_> = takes.iter().map(|take| (take.key(), take.quota)).collect();
    let granted = grants.share(&asked, now);
    for (take, grant) in takes.iter_mut().zip(&granted) {
        take.quota = grant.count;
    }
    takes.retain(|take| take.quota > 0);
    let rows = store::claim_within(db, queue, worker, &takes, !maximums.is_empty(), now).await?;
    fill(db, &gates, &rows, now).await?;
    let rows = rows.into_iter().map(|row| {
        let opening = row
            .limit_key
            .as_ref()
            .and_then(|key| grants.openings.get(key));
        let key = opening.is_some_and(|opening| opening.running_left.is_some());
        (row, Frees { key, ..frees })
    });
    Ok(Passed {
        rows: rows.collect(),
        grants: granted,
    })
}

/// Locks the gates of the keys that `takes` name.
async fn enter(db: &mut Db, takes: &[Take], now: Time) -> Result<Vec<Gate>, QueueError> {
    let keys: BTreeSet<&str> = takes.iter().filter_map(Take::key).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> = keys.into_iter().collect();
    Ok(store::enter_gates(db, &keys, now).await?)
}

/// Looks how open they are, now that they are locked.
async fn openings(db: &mut Db, gates: &[Gate]) -> Result<HashMap<String, Opening>, QueueError> {
    let counted = gates.iter().filter(|gate| gate.max_running.is_some());
    let counted: Vec<String> = counted.map(|gate| gate.key.clone()).collect();
    let running = if counted.is_empty() {
        HashMap::new()
    } else {
        store::running_of(db, &counted).await?
    };
    let opening = |gate: &Gate| {
        let runs = running.get(&gate.key).copied().unwrap_or(0).unsigned_abs();
        let left = |most: u32| u64::from(most).saturating_sub(runs);
        Opening {
            running_left: gate.max_running.map(left),
            bucket: bucket(gate),
        }
    };
    Ok(gates
        .iter()
        .map(|gate| (gate.key.clone(), opening(gate)))
        .collect())
}

/// Takes a token for every job that was claimed.
async fn fill(db: &mut Db, gates: &[Gate], rows: &[Row], now: Time) -> Result<(), QueueError> {
    let mut starts: HashMap<&str, u32> = HashMap::new();
    for key in rows.iter().filter_map(|row| row.limit_key.as_deref()) {
        *starts.entry(key).or_default() += 1;
    }
    let spent = |gate: &Gate| {
        let count = *starts.get(gate.key.as_str())?;
        let bucket = bucket(gate)?.without(count, now);
        Some((gate.key.clone(), bucket.full_at))
    };
    let spent: Vec<_> = gates.iter().filter_map(spent).collect();
    if !spent.is_empty() {
        store::fill_gates(db, spent).await?;
    }
    Ok(())
}

fn bucket(gate: &Gate) -> Option<Bucket> {
    gate.rate.map(|rate| Bucket {
        rate,
        full_at: gate.full_at,
    })
}
