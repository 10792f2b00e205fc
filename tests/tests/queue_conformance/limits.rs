//! Limits: whatever asks, however many ask at once, no key runs or starts more than it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use queue::apalis::Backend;
use queue::{
    ALL_QUEUES, Backoff, Claimed, Contract, JobId, Limit, NewJob, Outcome, Queue, Rate, Scope,
    State, WorkerHandle,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::arena::{Arena, PATIENCE, Ping, noon, ping, until, worker};

on_both! {
    no_more_of_a_key_run_at_once_than_its_limit_says,
    each_key_of_a_name_has_a_limit_of_its_own,
    tenants_take_turns_at_a_key_that_opens_for_one_at_a_time,
    workers_that_claim_at_once_do_not_exceed_a_limit_together,
    a_place_that_becomes_free_is_taken_by_another_process_without_polling,
    a_limit_that_is_raised_takes_effect_without_polling,
    a_job_taken_back_from_a_silent_worker_gives_its_place_back,
    starts_keep_to_the_rate_after_the_burst,
    a_backend_goes_on_when_the_bucket_has_a_token_again,
    workers_that_claim_at_once_share_one_bucket,
    a_closed_key_holds_nobody_else_up,
    a_limit_of_nought_starts_nothing_until_it_is_removed,
    a_limit_is_read_back_as_it_was_set,
    a_limit_that_cannot_be_kept_is_refused,
    no_more_of_a_queue_run_at_once_than_operators_said,
    the_limit_of_all_queues_counts_every_queue,
    tenants_take_turns_at_a_queue_that_opens_for_one_at_a_time,
    a_place_in_a_full_queue_is_taken_by_another_process_without_polling,
}

const KEY: &str = "accounts/a";

fn running(most: u32) -> Limit {
    Limit {
        name: "accounts".into(),
        max_running: Some(most),
        rate: None,
    }
}

/// One job each ten seconds, three at once when none came for long.
fn rated() -> Limit {
    Limit {
        name: "accounts".into(),
        max_running: None,
        rate: Some(Rate {
            count: 1,
            period_seconds: 10,
            burst: 3,
        }),
    }
}

async fn put(queue: &Queue, limit: Limit) {
    queue.put_limit(Scope::Operator, limit).await.unwrap();
}

fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn enqueue(queue: &Queue, key: &str, owner: u128, count: u32) -> Vec<JobId> {
    let jobs = (0..count).map(|n| ping(n).tenant(tenant(owner)).limited_by(key));
    let enqueued = queue.enqueue_many(jobs).await.unwrap();
    enqueued.into_iter().map(|enqueued| enqueued.id).collect()
}

async fn claim(worker: &WorkerHandle, limit: usize) -> Vec<Claimed> {
    worker.claim(Ping::QUEUE, limit).await.unwrap()
}

async fn finish(worker: &WorkerHandle, claimed: Vec<Claimed>) {
    let done = |claimed| (claimed, Outcome::Done(json!(1)));
    let ends: Vec<_> = claimed.into_iter().map(done).collect();
    worker.finish(&ends).await.unwrap();
}

async fn no_more_of_a_key_run_at_once_than_its_limit_says(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(3)).await;
    enqueue(&queue, KEY, 1, 10).await;
    let worker = worker(&queue).await;
    let mut held = claim(&worker, 10).await;
    assert_eq!(held.len(), 3);
    assert_eq!(claim(&worker, 10).await.len(), 0);
    finish(&worker, held.split_off(1)).await;
    let more = claim(&worker, 10).await;
    assert_eq!(more.len(), 2);
    finish(&worker, more).await;
    finish(&worker, held).await;
    assert_eq!(claim(&worker, 10).await.len(), 3);
}

async fn each_key_of_a_name_has_a_limit_of_its_own(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(2)).await;
    for key in ["accounts/a", "accounts/b", "accounts", "others/a"] {
        enqueue(&queue, key, 1, 5).await;
    }
    let worker = worker(&queue).await;
    let mut held = claim(&worker, 40).await;
    held.extend(claim(&worker, 40).await);
    // Two of each of the three keys, and all of the name that has no limit.
    assert_eq!(held.len(), 2 + 2 + 2 + 5);
}

async fn tenants_take_turns_at_a_key_that_opens_for_one_at_a_time(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(1)).await;
    for owner in 1..=3 {
        enqueue(&queue, KEY, owner, 4).await;
    }
    turns_of_three(&worker(&queue).await).await;
}

/// Two rounds of three tenants, one job at a time.
async fn turns_of_three(worker: &WorkerHandle) {
    let mut owners = Vec::new();
    for _ in 0..6 {
        let claimed = claim(worker, 10).await;
        let owner = |claimed: &Claimed| claimed.job().tenant_id.unwrap().as_u128();
        owners.extend(claimed.iter().map(owner));
        finish(worker, claimed).await;
    }
    assert_eq!(owners.len(), 6);
    let (first, second) = owners.split_at(3);
    for round in [first, second] {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, [1, 2, 3], "{owners:?}");
    }
}

async fn workers_that_claim_at_once_do_not_exceed_a_limit_together(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(5)).await;
    for owner in 1..=4 {
        enqueue(&queue, KEY, owner, 50).await;
    }
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(worker(&arena.elsewhere().await).await);
    }
    let running = Arc::new(AtomicUsize::new(0));
    let rounds = workers.into_iter().map(|worker| {
        let running = Arc::clone(&running);
        tokio::spawn(async move {
            let mut most = 0;
            for _ in 0..20 {
                let claimed = claim(&worker, 3).await;
                let now = running.fetch_add(claimed.len(), Ordering::SeqCst) + claimed.len();
                most = most.max(now);
                tokio::task::yield_now().await;
                // What is about to end still counts.
                let count = claimed.len();
                running.fetch_sub(count, Ordering::SeqCst);
                finish(&worker, claimed).await;
            }
            most
        })
    });
    let most = futures::future::join_all(rounds).await;
    let most = most.into_iter().map(Result::unwrap).max().unwrap();
    assert!((2..=5).contains(&most), "{most} ran at once");
}

async fn a_place_that_becomes_free_is_taken_by_another_process_without_polling(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(1)).await;
    a_freed_place_is_taken_elsewhere(&arena, &queue).await;
}

async fn a_place_in_a_full_queue_is_taken_by_another_process_without_polling(arena: Arena) {
    let queue = arena.queue().await;
    limit_queue(&queue, Ping::QUEUE, 1).await;
    a_freed_place_is_taken_elsewhere(&arena, &queue).await;
}

/// There is one place for jobs of the key, and more that run elsewhere.
async fn a_freed_place_is_taken_elsewhere(arena: &Arena, queue: &Queue) {
    let ids = enqueue(queue, KEY, 1, 2).await;
    let first = worker(queue).await;
    let held = claim(&first, 10).await;
    assert_eq!(held.len(), 1);
    let elsewhere = arena.elsewhere().await;
    let other = elsewhere
        .register("other", [Ping::QUEUE, Pong::QUEUE])
        .await;
    let other = other.unwrap();
    let done = |_| async { Outcome::Done(json!(2)) };
    let backends = [Ping::QUEUE, Pong::QUEUE].map(|queue| Backend::new(&other, queue, 2).run(done));
    let served = backends.map(tokio::spawn);
    // It has begun, and may have found the place taken.
    let pong = elsewhere
        .enqueue(NewJob::of(&Pong).unwrap())
        .await
        .unwrap()
        .id;
    until(queue, pong, |job| job.state == State::Done).await;
    finish(&first, held).await;
    until(queue, ids[1], |job| job.state == State::Done).await;
    other.shutdown(Duration::ZERO).await.unwrap();
    for served in served {
        served.await.unwrap().unwrap();
    }
}

/// A job of another queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pong;

impl Contract for Pong {
    const KIND: &'static str = "pong_peer";
    const QUEUE: &'static str = "pongs";
    const MAX_ATTEMPTS: i32 = 1;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff = Ping::BACKOFF;
    type Output = u32;
}

async fn limit_queue(queue: &Queue, name: &str, most: u32) {
    let limited = queue.limit_queue(Scope::Operator, name, Some(most)).await;
    limited.unwrap();
}

async fn no_more_of_a_queue_run_at_once_than_operators_said(arena: Arena) {
    let queue = arena.queue().await;
    for owner in 1..=3 {
        let jobs = (0..5).map(|n| ping(n).tenant(tenant(owner)));
        queue.enqueue_many(jobs).await.unwrap();
    }
    let (first, second) = (worker(&queue).await, worker(&arena.elsewhere().await).await);
    // One that claimed before it heard of any limit.
    let before = claim(&second, 1).await;
    limit_queue(&queue, Ping::QUEUE, 4).await;
    let (held, more) = tokio::join!(claim(&first, 10), claim(&second, 10));
    assert_eq!(before.len() + held.len() + more.len(), 4);
    finish(&second, before).await;
    let next = claim(&second, 10).await;
    assert_eq!(next.len(), 1);
    let unlimited = queue.limit_queue(Scope::Operator, Ping::QUEUE, None).await;
    unlimited.unwrap();
    assert_eq!(claim(&second, 20).await.len(), 10);
}

async fn the_limit_of_all_queues_counts_every_queue(arena: Arena) {
    let queue = arena.queue().await;
    limit_queue(&queue, ALL_QUEUES, 3).await;
    for number in 0..5 {
        queue.enqueue(ping(number)).await.unwrap();
        queue.enqueue(NewJob::of(&Pong).unwrap()).await.unwrap();
    }
    let worker = worker(&queue).await;
    let pings = claim(&worker, 2).await;
    let others = worker.claim(Pong::QUEUE, 5).await.unwrap();
    assert_eq!((pings.len(), others.len()), (2, 1));
    assert_eq!(claim(&worker, 5).await.len(), 0);
    finish(&worker, others).await;
    assert_eq!(claim(&worker, 5).await.len(), 1);
}

async fn tenants_take_turns_at_a_queue_that_opens_for_one_at_a_time(arena: Arena) {
    let queue = arena.queue().await;
    limit_queue(&queue, Ping::QUEUE, 1).await;
    for owner in 1..=3 {
        let jobs = (0..4).map(|n| ping(n).tenant(tenant(owner)));
        queue.enqueue_many(jobs).await.unwrap();
    }
    turns_of_three(&worker(&queue).await).await;
}

async fn a_limit_that_is_raised_takes_effect_without_polling(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(1)).await;
    let ids = enqueue(&queue, KEY, 1, 2).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let worker = worker(&arena.elsewhere().await).await;
    let backend = Backend::new(&worker, Ping::QUEUE, 2);
    let served = tokio::spawn(backend.run(move |context| {
        started.send(context.job().id).unwrap();
        async move {
            context.cancelled().cancelled().await;
            Outcome::Done(json!(1))
        }
    }));
    assert_eq!(starts.recv().await, Some(ids[0]));
    put(&queue, running(2)).await;
    let second = tokio::time::timeout(PATIENCE, starts.recv()).await;
    assert_eq!(second.unwrap(), Some(ids[1]));
    worker.shutdown(Duration::ZERO).await.unwrap();
    served.await.unwrap().unwrap();
}

async fn a_job_taken_back_from_a_silent_worker_gives_its_place_back(arena: Arena) {
    let (past, future) = (noon(), noon());
    let queue = arena.queue_at(&future).await;
    put(&queue, running(1)).await;
    enqueue(&queue, KEY, 1, 1).await;
    let silent = worker(&arena.queue_at(&past).await).await;
    let held = claim(&silent, 1).await;
    std::mem::forget(held);
    let other_tenants = enqueue(&queue, KEY, 2, 1).await;
    drop(silent);
    future.advance(Duration::from_secs(7));
    assert_eq!(queue.rescue(true).await.unwrap(), 1);
    let another = worker(&queue).await;
    let claimed = claim(&another, 1).await;
    assert_eq!(claimed[0].job().id, other_tenants[0]);
}

async fn starts_keep_to_the_rate_after_the_burst(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    put(&queue, rated()).await;
    enqueue(&queue, KEY, 1, 20).await;
    let worker = worker(&queue).await;
    assert_eq!(claim(&worker, 10).await.len(), 3);
    assert_eq!(claim(&worker, 10).await.len(), 0);
    for _ in 0..3 {
        clock.advance(Duration::from_secs(1));
        assert_eq!(claim(&worker, 10).await.len(), 0);
        clock.advance(Duration::from_secs(4));
        beaten(&worker).await;
        assert_eq!(claim(&worker, 10).await.len(), 0);
        clock.advance(Duration::from_secs(5));
        beaten(&worker).await;
        assert_eq!(claim(&worker, 10).await.len(), 1);
    }
}

/// The lease holds: a clock that jumped may have passed it by a beat.
async fn beaten(worker: &WorkerHandle) {
    let now = worker.queue().now();
    crate::arena::soon(|| worker.lease_until() > now + Duration::from_secs(5)).await;
}

async fn a_backend_goes_on_when_the_bucket_has_a_token_again(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    put(&queue, rated()).await;
    let ids = enqueue(&queue, KEY, 1, 5).await;
    let worker = worker(&queue).await;
    let backend = Backend::new(&worker, Ping::QUEUE, 10);
    let served = tokio::spawn(backend.run(|_| async { Outcome::Done(json!(1)) }));
    until(&queue, ids[2], |job| job.state == State::Done).await;
    for id in &ids[3..] {
        for _ in 0..10 {
            assert_eq!(crate::arena::job(&queue, *id).await.state, State::Waiting);
            clock.advance(Duration::from_secs(1));
            beaten(&worker).await;
        }
        until(&queue, *id, |job| job.state == State::Done).await;
    }
    worker.shutdown(Duration::ZERO).await.unwrap();
    served.await.unwrap().unwrap();
}

async fn workers_that_claim_at_once_share_one_bucket(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    put(&queue, rated()).await;
    for owner in 1..=4 {
        enqueue(&queue, KEY, owner, 5).await;
    }
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(worker(&arena.elsewhere_at(&clock).await).await);
    }
    let claims = workers.iter().map(|worker| claim(worker, 2));
    let claimed: Vec<_> = futures::future::join_all(claims).await;
    assert_eq!(claimed.iter().map(Vec::len).sum::<usize>(), 3);
}

async fn a_closed_key_holds_nobody_else_up(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(0)).await;
    for owner in 1..=20 {
        let jobs = (0..5).map(|n| {
            let job = ping(n).tenant(tenant(owner)).priority(0);
            job.limited_by(KEY)
        });
        queue.enqueue_many(jobs).await.unwrap();
    }
    let free = queue.enqueue(ping(7).priority(9)).await.unwrap().id;
    let claimed = claim(&worker(&queue).await, 1).await;
    assert_eq!(claimed[0].job().id, free);
}

async fn a_limit_of_nought_starts_nothing_until_it_is_removed(arena: Arena) {
    let queue = arena.queue().await;
    put(&queue, running(0)).await;
    enqueue(&queue, KEY, 1, 2).await;
    let worker = worker(&queue).await;
    assert_eq!(claim(&worker, 10).await.len(), 0);
    assert!(
        queue
            .delete_limit(Scope::Operator, "accounts")
            .await
            .unwrap()
    );
    assert!(
        !queue
            .delete_limit(Scope::Operator, "accounts")
            .await
            .unwrap()
    );
    assert_eq!(claim(&worker, 10).await.len(), 2);
}

async fn a_limit_is_read_back_as_it_was_set(arena: Arena) {
    let queue = arena.queue().await;
    let mails = Limit {
        name: "mails".into(),
        ..running(7)
    };
    put(&queue, mails.clone()).await;
    put(&queue, running(1)).await;
    put(&queue, rated()).await;
    assert_eq!(queue.limits().await.unwrap(), [rated(), mails]);
}

async fn a_limit_that_cannot_be_kept_is_refused(arena: Arena) {
    let queue = arena.queue().await;
    let wrong = Limit {
        name: "accounts/a".into(),
        ..running(1)
    };
    let refused = queue.put_limit(Scope::Operator, wrong).await.unwrap_err();
    assert_eq!(refused.code(), "limit_invalid");
    assert!(queue.limits().await.unwrap().is_empty());
}
