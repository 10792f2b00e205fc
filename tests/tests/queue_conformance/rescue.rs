//! Rescue: what a silent worker held goes on, but not for ever.

use std::time::Duration;

use queue::{Contract as _, Ended, Scope, State};

use crate::arena::{Arena, Ping, claim_one, enqueue, job, noon, options, soon, worker};

const PAST_THE_LEASE: Duration = Duration::from_secs(7);

on_both! {
    a_silent_workers_job_is_taken_back_and_the_attempt_counts,
    a_job_that_kills_every_worker_ends_dead,
    a_worker_that_beats_keeps_its_jobs,
    a_worker_that_was_written_off_claims_nothing_until_it_has_a_new_lease,
    jobs_of_a_worker_without_any_lease_are_found,
    a_silent_workers_job_that_was_asked_to_stop_is_cancelled_for_the_askers_reason,
}

async fn a_silent_workers_job_is_taken_back_and_the_attempt_counts(arena: Arena) {
    let (past, future) = (noon(), noon());
    let silent = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&silent).await;
    assert_eq!(
        queue.rescue(true).await.unwrap(),
        0,
        "the lease still holds"
    );
    future.advance(PAST_THE_LEASE);
    assert_eq!(queue.rescue(true).await.unwrap(), 1);
    assert_eq!(queue.rescue(true).await.unwrap(), 0);
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempt), (State::Retrying, 1));
    assert!(job.run_at <= queue.now() + Duration::from_secs(10));
    let attempts = queue.attempts(Scope::Operator, id).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(
        (attempts[0].ended, attempts[0].fence),
        (Ended::LeaseLost, claimed.fence())
    );
    assert_eq!(attempts[0].code.as_deref(), Some("lease_lost"));
}

async fn a_job_that_kills_every_worker_ends_dead(arena: Arena) {
    let (past, future) = (noon(), noon());
    let queue = arena.queue_at(&future).await;
    let id = enqueue(&queue, 1).await;
    for _ in 0..Ping::MAX_ATTEMPTS {
        let killed = worker(&arena.queue_at(&past).await).await;
        std::mem::forget(claim_one(&killed).await);
        drop(killed);
        future.advance(PAST_THE_LEASE);
        assert_eq!(queue.rescue(false).await.unwrap(), 1);
        future.advance(Duration::from_mins(1));
        past.advance(PAST_THE_LEASE + Duration::from_mins(1));
        queue.promote_due().await.unwrap();
    }
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempt), (State::Dead, 2));
    assert_eq!(job.error.unwrap().code, "lease_lost");
}

async fn a_worker_that_beats_keeps_its_jobs(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    let mut rescued = 0;
    for _ in 0..10 {
        // Each step is longer than a beat and shorter than the lease, and the beat is awaited.
        clock.advance(Duration::from_secs(2));
        soon(|| worker.lease_until() == queue.now() + options().lease).await;
        rescued += queue.rescue(true).await.unwrap();
    }
    assert_eq!(rescued, 0);
    assert_eq!(job(&queue, id).await.state, State::Running);
    assert!(claimed.context().stop_reason().is_none());
}

async fn a_worker_that_was_written_off_claims_nothing_until_it_has_a_new_lease(arena: Arena) {
    let (past, future) = (noon(), noon());
    let silent = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    future.advance(PAST_THE_LEASE);
    queue.rescue(false).await.unwrap();
    let before = silent.id();
    enqueue(&queue, 1).await;
    assert!(silent.claim(Ping::QUEUE, 1).await.unwrap().is_empty());
    // The next beat finds the lease gone and opens another.
    past.advance(PAST_THE_LEASE);
    soon(|| silent.id() != before).await;
    assert_eq!(silent.claim(Ping::QUEUE, 1).await.unwrap().len(), 1);
}

async fn jobs_of_a_worker_without_any_lease_are_found(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let leaving = worker(&queue).await;
    let claimed = claim_one(&leaving).await;
    leaving.shutdown(Duration::ZERO).await.unwrap();
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempt), (State::Retrying, 1));
    drop(claimed);
}

async fn a_silent_workers_job_that_was_asked_to_stop_is_cancelled_for_the_askers_reason(
    arena: Arena,
) {
    let (past, future) = (noon(), noon());
    let silent = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let id = enqueue(&queue, 1).await;
    let claimed = claim_one(&silent).await;
    claimed.context().checkpoint().save(&7_u32).await.unwrap();
    queue.cancel(Scope::Operator, id, "enough").await.unwrap();
    future.advance(PAST_THE_LEASE);
    assert_eq!(queue.rescue(false).await.unwrap(), 1);
    let cancelled = job(&queue, id).await;
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(cancelled.error.unwrap().message, "enough");
    let reached = claimed.context().checkpoint().load::<u32>().await.unwrap();
    assert_eq!(reached, None);
}
