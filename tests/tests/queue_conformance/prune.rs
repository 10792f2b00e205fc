//! Pruning: what finished long ago goes, and nothing else.

use std::time::Duration;

use queue::{Clock as _, Fault, ManualClock, Options, Outcome, Queue, Retention, Scope, State};
use serde_json::json;

use crate::arena::{Arena, claim_one, enqueue, job, options, ping, soon, worker};

on_both! {
    finished_jobs_go_once_they_were_kept_long_enough_and_unfinished_ones_never,
    what_shall_be_kept_for_ever_is,
    a_job_made_long_ago_and_finished_lately_is_kept,
}

const DAY: Duration = Duration::from_hours(24);
const LAST_SECOND_OF_DAY: u64 = 24 * 60 * 60 - 1;

/// Ids tell the machine's time, and pruning goes by them: all that a test makes is made before.
fn today() -> ManualClock {
    ManualClock::at(queue::SystemClock::new().now() + Duration::from_hours(1))
}

async fn finished_jobs_go_once_they_were_kept_long_enough_and_unfinished_ones_never(arena: Arena) {
    let clock = today();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let done = enqueue(&queue, 1).await;
    let dead = enqueue(&queue, 2).await;
    let retried = enqueue(&queue, 3).await;
    let ends = [
        (claim_one(&worker).await, Outcome::Done(json!(null))),
        (
            claim_one(&worker).await,
            Outcome::Dead(Fault::permanent("no", "no")),
        ),
        (
            claim_one(&worker).await,
            Outcome::Dead(Fault::permanent("no", "no")),
        ),
    ];
    worker.finish(&ends).await.unwrap();
    let cancelled = enqueue(&queue, 4).await;
    queue
        .cancel(Scope::Operator, cancelled, "enough")
        .await
        .unwrap();
    let running = enqueue(&queue, 5).await;
    let claimed = claim_one(&worker).await;
    queue.retry(Scope::Operator, retried).await.unwrap();
    let waiting = enqueue(&queue, 6).await;
    let scheduled = queue.now() + DAY * 1000;
    let scheduled = queue.enqueue(ping(7).run_at(scheduled)).await.unwrap().id;

    clock.advance(DAY * 6 + Duration::from_secs(LAST_SECOND_OF_DAY));
    soon(|| worker.lease_until() > queue.now()).await;
    assert_eq!(queue.prune().await.unwrap(), 0);
    clock.advance(Duration::from_secs(1));
    assert_eq!(queue.prune().await.unwrap(), 2);
    assert_eq!(queue.prune().await.unwrap(), 0);
    for gone in [done, cancelled] {
        assert_eq!(queue.job(Scope::Operator, gone).await.unwrap(), None);
    }
    assert_eq!(job(&queue, dead).await.state, State::Dead);
    assert_eq!(
        queue.attempts(Scope::Operator, dead).await.unwrap().len(),
        1
    );

    clock.advance(DAY * 83);
    soon(|| worker.lease_until() > queue.now()).await;
    assert_eq!(queue.prune().await.unwrap(), 1);
    assert_eq!(queue.job(Scope::Operator, dead).await.unwrap(), None);
    clock.advance(DAY * 700);
    assert_eq!(queue.prune().await.unwrap(), 0);
    for kept in [retried, running, waiting, scheduled] {
        assert!(!job(&queue, kept).await.state.is_final());
    }
    drop(claimed);
}

async fn what_shall_be_kept_for_ever_is(arena: Arena) {
    let clock = today();
    let of = |done, cancelled| {
        let retention = Retention {
            done,
            cancelled,
            dead: None,
        };
        let options = Options {
            clock: Some(std::sync::Arc::new(clock.clone())),
            retention,
            ..options()
        };
        Queue::start(arena.pool.clone(), options)
    };
    let (archive, other) = (
        of(None, None).await.unwrap(),
        of(Some(DAY), None).await.unwrap(),
    );
    let cancelled = enqueue(&archive, 1).await;
    archive
        .cancel(Scope::Operator, cancelled, "enough")
        .await
        .unwrap();
    clock.advance(DAY * 10_000);
    assert_eq!(archive.prune().await.unwrap(), 0);
    assert_eq!(other.prune().await.unwrap(), 0);
}

async fn a_job_made_long_ago_and_finished_lately_is_kept(arena: Arena) {
    let clock = today();
    let queue = arena.queue_at(&clock).await;
    let id = enqueue(&queue, 1).await;
    clock.advance(DAY * 30);
    queue.cancel(Scope::Operator, id, "enough").await.unwrap();
    clock.advance(DAY * 6);
    assert_eq!(queue.prune().await.unwrap(), 0);
    clock.advance(DAY);
    assert_eq!(queue.prune().await.unwrap(), 1);
}
