//! Cancelling: what waits never runs, what runs is told.

use queue::{Cancel, Ended, Fault, Finished, Outcome, Scope, State, StopReason};
use uuid::Uuid;

use crate::arena::{Arena, PATIENCE, claim_one, enqueue, job, ping, worker};

on_both! {
    a_waiting_job_is_cancelled_and_never_claimed,
    a_running_body_is_told_of_it,
    a_running_body_is_told_by_another_process,
    a_failed_attempt_of_a_cancelled_job_is_not_tried_again,
    another_tenants_job_cannot_be_cancelled,
}

async fn a_waiting_job_is_cancelled_and_never_claimed(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let done = queue
        .cancel(Scope::Operator, id, "changed my mind")
        .await
        .unwrap();
    assert_eq!(done, Cancel::Done);
    let job = job(&queue, id).await;
    assert_eq!(job.state, State::Cancelled);
    assert_eq!(job.error.unwrap().message, "changed my mind");
    let worker = worker(&queue).await;
    assert!(worker.claim("pings", 1).await.unwrap().is_empty());
    let again = queue.cancel(Scope::Operator, id, "again").await.unwrap();
    assert_eq!(again, Cancel::AlreadyFinished);
}

async fn told(arena: &Arena, elsewhere: bool) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    let canceller = if elsewhere {
        arena.elsewhere().await
    } else {
        queue.clone()
    };
    let requested = canceller.cancel(Scope::Operator, id, "stop").await.unwrap();
    assert_eq!(requested, Cancel::Requested);
    tokio::time::timeout(PATIENCE, context.cancelled().cancelled())
        .await
        .unwrap();
    assert_eq!(
        context.stop_reason(),
        Some(StopReason::Cancelled("stop".into()))
    );
    assert!(job(&queue, id).await.cancel_requested);
    let ends = [(claimed, Outcome::Cancelled("stop".into()))];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
    let attempts = queue.attempts(Scope::Operator, id).await.unwrap();
    assert_eq!(attempts[0].ended, Ended::Cancelled);
    assert_eq!(job(&queue, id).await.state, State::Cancelled);
}

async fn a_running_body_is_told_of_it(arena: Arena) {
    told(&arena, false).await;
}

async fn a_running_body_is_told_by_another_process(arena: Arena) {
    told(&arena, true).await;
}

async fn a_failed_attempt_of_a_cancelled_job_is_not_tried_again(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    queue.cancel(Scope::Operator, id, "stop").await.unwrap();
    let ends = [(claimed, Outcome::Retry(Fault::transient("away", "later")))];
    worker.finish(&ends).await.unwrap();
    let job = job(&queue, id).await;
    assert_eq!(job.state, State::Cancelled);
    assert!(job.finished_at.is_some() && !job.cancel_requested);
}

async fn another_tenants_job_cannot_be_cancelled(arena: Arena) {
    let queue = arena.queue().await;
    let id = queue
        .enqueue(ping(1).tenant(Uuid::now_v7()))
        .await
        .unwrap()
        .id;
    let stranger = Scope::Tenant(Uuid::now_v7());
    assert_eq!(
        queue.cancel(stranger, id, "x").await.unwrap(),
        Cancel::NotFound
    );
    assert_eq!(job(&queue, id).await.state, State::Waiting);
}
