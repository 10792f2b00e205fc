//! What failed is tried again by the row's policy, and no longer than allowed.

use std::time::Duration;

use queue::{Ended, Fault, Finished, Outcome, Queue, Retried, Scope, State, WorkerHandle};

use crate::arena::{Arena, claim_one, enqueue, job, noon, until, worker};

on_both! {
    a_failed_attempt_waits_within_its_back_off,
    a_rate_limited_attempt_waits_at_least_as_long_as_it_was_told,
    a_snooze_does_not_spend_the_attempt,
    the_last_attempt_is_snoozed_and_handed_back_like_any,
    the_last_failed_attempt_ends_dead_with_its_reason,
    a_permanent_fault_ends_dead_at_once,
    a_dead_job_is_retried_by_a_person_and_goes_on_counting,
    what_is_done_or_waits_is_not_retried,
}

async fn end(worker: &WorkerHandle, outcome: Outcome) {
    let ends = [(claim_one(worker).await, outcome)];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
}

fn failed() -> Outcome {
    Outcome::Retry(Fault::transient("peer_away", "nobody answers"))
}

async fn dead(queue: &Queue, worker: &WorkerHandle) -> queue::JobId {
    let id = enqueue(queue, 1).await;
    end(worker, Outcome::Dead(Fault::permanent("no_peer", "gone"))).await;
    id
}

async fn a_failed_attempt_waits_within_its_back_off(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let mut waits = Vec::new();
    for number in 0..20 {
        let id = enqueue(&queue, number).await;
        end(&worker, failed()).await;
        let job = job(&queue, id).await;
        assert_eq!((job.state, job.attempt), (State::Retrying, 1));
        assert_eq!(job.error.unwrap().code, "peer_away");
        assert!(job.run_at >= queue.now());
        waits.push(job.run_at.since(queue.now()));
    }
    assert!(
        waits.iter().all(|wait| *wait <= Duration::from_secs(10)),
        "{waits:?}"
    );
    waits.sort();
    waits.dedup();
    assert!(
        waits.len() > 15,
        "they do not come back together: {waits:?}"
    );
}

async fn a_rate_limited_attempt_waits_at_least_as_long_as_it_was_told(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    let told = queue.now() + Duration::from_mins(5);
    end(
        &worker,
        Fault::rate_limited(told, "slow_down", "429").into(),
    )
    .await;
    let job = job(&queue, id).await;
    assert_eq!(job.state, State::Retrying);
    assert!(job.run_at >= told && job.run_at <= told + Duration::from_secs(10));
}

async fn a_snooze_does_not_spend_the_attempt(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    for _ in 0..5 {
        let later = queue.now() + Duration::from_secs(2);
        let snooze = Outcome::Snooze {
            until: later,
            why: "not yet".to_owned(),
        };
        end(&worker, snooze).await;
        let snoozed = job(&queue, id).await;
        assert_eq!((snoozed.state, snoozed.attempt), (State::Scheduled, 0));
        assert_eq!(snoozed.run_at, later);
        clock.advance(Duration::from_secs(2));
        until(&queue, id, |job| job.state == State::Waiting).await;
    }
    let attempts = queue.attempts(Scope::Operator, id).await.unwrap();
    assert_eq!(attempts.len(), 5);
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.ended == Ended::Snoozed)
    );
}

async fn the_last_attempt_is_snoozed_and_handed_back_like_any(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    end(&worker, failed()).await;
    clock.advance(Duration::from_secs(10));
    until(&queue, id, |job| job.state == State::Waiting).await;
    let claimed = claim_one(&worker).await;
    assert_eq!(claimed.job().attempt, claimed.job().max_attempts);
    worker.give_back(&[claimed], true).await.unwrap();
    assert_eq!(job(&queue, id).await.attempt, 1);
    let snooze = Outcome::Snooze {
        until: queue.now(),
        why: "not yet".to_owned(),
    };
    end(&worker, snooze).await;
    let job = until(&queue, id, |job| job.state == State::Waiting).await;
    assert_eq!(job.attempt, 1);
}

async fn the_last_failed_attempt_ends_dead_with_its_reason(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    end(&worker, failed()).await;
    clock.advance(Duration::from_secs(10));
    until(&queue, id, |job| job.state == State::Waiting).await;
    end(&worker, failed()).await;
    let job = job(&queue, id).await;
    assert_eq!(
        (job.state, job.attempt, job.max_attempts),
        (State::Dead, 2, 2)
    );
    assert_eq!(job.error.unwrap().message, "nobody answers");
    let attempts = queue.attempts(Scope::Operator, id).await.unwrap();
    let ended: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.attempt, attempt.ended))
        .collect();
    assert_eq!(ended, [(1, Ended::Retried), (2, Ended::Dead)]);
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.worker_id == Some(worker.id()))
    );
}

async fn a_permanent_fault_ends_dead_at_once(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = dead(&queue, &worker).await;
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempt), (State::Dead, 1));
    assert_eq!(job.error.unwrap().code, "no_peer");
}

async fn a_dead_job_is_retried_by_a_person_and_goes_on_counting(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = dead(&queue, &worker).await;
    assert_eq!(
        queue.retry(Scope::Operator, id).await.unwrap(),
        Retried::Done
    );
    let again = job(&queue, id).await;
    assert_eq!(
        (again.state, again.attempt, again.max_attempts),
        (State::Waiting, 1, 4)
    );
    assert!(again.error.is_none() && again.finished_at.is_none());
    let claimed = claim_one(&worker).await;
    assert_eq!(claimed.job().attempt, 2);
    assert_eq!(claimed.fence(), 3, "claim, retry and claim each moved it");
}

async fn what_is_done_or_waits_is_not_retried(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    assert_eq!(
        queue.retry(Scope::Operator, id).await.unwrap(),
        Retried::NotFailed
    );
    end(&worker, Outcome::Done(serde_json::json!(1))).await;
    assert_eq!(
        queue.retry(Scope::Operator, id).await.unwrap(),
        Retried::NotFailed
    );
    let unknown = queue::JobId::new();
    assert_eq!(
        queue.retry(Scope::Operator, unknown).await.unwrap(),
        Retried::NotFound
    );
}
