//! Fencing: whoever lost a job writes nothing to it any more.

use std::time::Duration;

use queue::{Finished, Outcome, QueueError, State, StopReason};
use serde_json::json;

use crate::arena::{Arena, PATIENCE, claim_one, enqueue, job, noon, worker};

on_both! {
    a_stale_worker_writes_nothing,
    a_lease_that_holds_lets_everything_through,
    a_second_end_of_one_attempt_is_refused,
}

async fn a_stale_worker_writes_nothing(arena: Arena) {
    let (past, future) = (noon(), noon());
    let stale = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&stale).await;
    let context = claimed.context();
    future.advance(Duration::from_secs(7));
    assert_eq!(queue.rescue(false).await.unwrap(), 1);
    let taken = job(&queue, id).await;
    assert_eq!(taken.state, State::Retrying);

    let saved = context.checkpoint().save(&json!({"at": 1})).await;
    assert!(matches!(saved, Err(QueueError::LeaseLost)));
    let written: Result<(), QueueError> = context
        .fenced_tx(|tx| {
            Box::pin(async move {
                tx.enqueue(crate::arena::ping(2)).await?;
                Ok(())
            })
        })
        .await;
    assert!(matches!(written, Err(QueueError::LeaseLost)));
    assert_eq!(context.stop_reason(), Some(StopReason::LeaseLost));
    context.progress(0.5, "half");
    tokio::time::timeout(PATIENCE, context.cancelled().cancelled())
        .await
        .unwrap();
    assert_eq!(context.stop_reason(), Some(StopReason::LeaseLost));
    let ends = [(claimed, Outcome::Done(json!(1)))];
    assert_eq!(stale.finish(&ends).await.unwrap(), [Finished::Stale]);
    assert_eq!(job(&queue, id).await, taken);
}

async fn a_lease_that_holds_lets_everything_through(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    assert_eq!(context.checkpoint().load::<u32>().await.unwrap(), None);
    context.checkpoint().save(&5_u32).await.unwrap();
    assert_eq!(context.checkpoint().load::<u32>().await.unwrap(), Some(5));
    context.progress(0.25, "begin");
    context.progress(0.5, "half");
    let seen = crate::arena::until(&queue, id, |job| job.stage.as_deref() == Some("half")).await;
    assert!((seen.progress - 0.5).abs() < 1e-6);
    let other: Result<_, QueueError> = context
        .fenced_tx(|tx| Box::pin(async move { tx.enqueue(crate::arena::ping(2)).await }))
        .await;
    assert!(!other.unwrap().existing);
    let ends = [(claimed, Outcome::Done(json!(9)))];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
    let done = job(&queue, id).await;
    assert_eq!((done.state, done.output), (State::Done, Some(json!(9))));
    assert!((done.progress - 1.0).abs() < 1e-6 && done.finished_at.is_some());
}

async fn a_second_end_of_one_attempt_is_refused(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    let ends = [(claim_one(&worker).await, Outcome::Done(json!(1)))];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
    let done = job(&queue, id).await;
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Stale]);
    assert_eq!(job(&queue, id).await, done);
}
